/** Jobs of one webhook that wait for their turn: in order within a place, and one of a place at a time. */
import type { Job } from './job.ts';

export class WaitingLine {
  readonly #waiting = new Map<string, Job[]>();
  /** Places with somebody who waits and nobody who is on the way, first come first served. */
  #ready: string[] = [];
  readonly #busy = new Set<string>();
  readonly #seqs = new Set<number>();

  /** Those who wait and those on the way. */
  get size(): number {
    return this.#seqs.size;
  }

  get running(): number {
    return this.#busy.size;
  }

  has(seq: number): boolean {
    return this.#seqs.has(seq);
  }

  add(job: Job): void {
    const { place, seq } = job;
    this.#seqs.add(seq);
    const others = this.#waiting.get(place);
    if (others) {
      others.push(job);
      return;
    }
    this.#waiting.set(place, [job]);
    if (!this.#busy.has(place)) this.#ready.push(place);
  }

  /** The next one to go on its way; null when nobody can. */
  take(): Job | null {
    const place = this.#ready.shift();
    if (place === undefined) return null;
    const others = this.#waiting.get(place) ?? [];
    const job = others.shift();
    if (others.length === 0) this.#waiting.delete(place);
    if (!job) return null;
    this.#busy.add(place);
    return job;
  }

  /** It came back; the next of its place may go. */
  done({ place, seq }: Job): void {
    this.#seqs.delete(seq);
    this.#busy.delete(place);
    if (this.#waiting.has(place)) this.#ready.push(place);
  }

  /** Takes out who waits at this place, or at all. */
  clear(place?: string): Job[] {
    if (place === undefined) return [...this.#waiting.keys()].flatMap((one) => this.clear(one));
    const jobs = this.#waiting.get(place) ?? [];
    this.#waiting.delete(place);
    this.#ready = this.#ready.filter((other) => other !== place);
    for (const { seq } of jobs) this.#seqs.delete(seq);
    return jobs;
  }
}
