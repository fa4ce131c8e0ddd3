import { Worker } from 'node:worker_threads';
import type { KeptRows } from '../store/kept-rows.ts';
import type { Answered, Asked, FromThread, InstanceFault, ThreadStart, ToThread } from './protocol.ts';

/** The key of the servers, for everybody: they are on this machine only, and nothing in them is real. */
export const EVOLUTION_KEY = 'sandbox-evolution-key';

type Order = ToThread extends infer T ? (T extends { id: number } ? Omit<T, 'id'> : never) : never;

export type EvolutionHostParts = {
  readonly networkUrl: () => string;
  readonly rootKey: string;
  readonly mediaCa: string;
  readonly rows: KeptRows;
  readonly onDeath: (error: unknown) => void;
};

/** Runs the Evolution servers in a thread of their own, from the first call to them on. */
export class EvolutionHost {
  readonly #parts: EvolutionHostParts;
  readonly #waiting = new Map<number, PromiseWithResolvers<Answered | null>>();
  #worker: Worker | null = null;
  #isClosed = false;
  #lastId = 0;

  constructor(parts: EvolutionHostParts) {
    this.#parts = parts;
  }

  /** Where instances were kept they go on without being asked. */
  begin(): void {
    if (!this.#parts.rows.isEmpty()) this.#thread();
  }

  /** Rejects when the servers end before they have answered. */
  async ask(asked: Asked): Promise<Answered> {
    const answered = await this.#order({ type: 'ask', asked });
    if (answered === null) throw new Error('no answer');
    return answered;
  }

  async fault(fault: InstanceFault): Promise<void> {
    await this.#order({ type: 'fault', fault });
  }

  async calm(): Promise<void> {
    if (this.#worker) await this.#order({ type: 'calm' });
  }

  /** As a process that is ended and started again: what was under way is cut, what was kept comes back. */
  async restart(): Promise<void> {
    await this.#end();
    this.#thread();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#end();
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    if (!worker) return;
    await this.#order({ type: 'settle' });
    this.#worker = null;
    await worker.terminate();
    this.#abandon(new Error('the servers were restarted'));
  }

  #order(order: Order): Promise<Answered | null> {
    if (this.#isClosed && order.type !== 'settle') return Promise.reject(new Error('the servers are closed'));
    const worker = this.#thread();
    this.#lastId += 1;
    const done = Promise.withResolvers<Answered | null>();
    this.#waiting.set(this.#lastId, done);
    worker.postMessage({ ...order, id: this.#lastId });
    return done.promise;
  }

  #thread(): Worker {
    if (this.#worker) return this.#worker;
    const { mediaCa, networkUrl, onDeath, rootKey, rows } = this.#parts;
    const start: ThreadStart = {
      ...{ networkUrl: networkUrl(), rootKey, mediaCa, apiKey: EVOLUTION_KEY },
      rows: rows.all(),
    };
    const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: start });
    this.#worker = worker;
    worker.on('message', (message: FromThread) => {
      if (message.type === 'put') {
        rows.put(message.key, message.value);
        return;
      }
      this.#waiting.get(message.id)?.resolve(message.answered);
      this.#waiting.delete(message.id);
    });
    worker.on('error', (error: Error) => {
      if (this.#worker !== worker) return;
      this.#worker = null;
      this.#abandon(error);
      onDeath(error);
    });
    // Who holds the network holds this too.
    worker.unref();
    return worker;
  }

  #abandon(reason: Error): void {
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }
}
