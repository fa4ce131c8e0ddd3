import { Tally } from '../tally.ts';

/** What came in and what became of what went out, over all sessions of the process. */
export class Traffic {
  readonly received = new Tally();
  readonly #acknowledged = new Map<string, () => void>();
  /** Ids of messages whose delivery was not reported yet. */
  readonly #underway = new Set<string>();
  #allDelivered: (() => void) | undefined;

  /** Resolves when the network has it. To be called before the message leaves. `isDelivered`: its delivery will be reported. */
  acknowledgement(id: string, isDelivered: boolean): Promise<void> {
    if (isDelivered) this.#underway.add(id);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#acknowledged.set(id, () => resolve(undefined));
    return promise;
  }

  acknowledged(id: string): void {
    this.#acknowledged.get(id)?.();
    this.#acknowledged.delete(id);
  }

  delivered(id: string): void {
    if (this.#underway.delete(id) && this.#underway.size === 0) this.#allDelivered?.();
  }

  /** Resolves when everything that went out was delivered. */
  deliveries(): Promise<void> {
    if (this.#underway.size === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#allDelivered = () => resolve(undefined);
    return promise;
  }
}
