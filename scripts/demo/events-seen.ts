/** What a live channel brought so far, and waiting for what has not come yet. */
import type { EventType, GatewayEvent } from '@zapfleet/contract';

type EventOf<T extends EventType> = Extract<GatewayEvent, { type: T }>;

export class EventsSeen {
  readonly channel: string;
  readonly #events: GatewayEvent[] = [];
  readonly #look = new Set<() => void>();
  #broken: Error | null = null;

  constructor(channel: string) {
    this.channel = channel;
  }

  add(event: GatewayEvent): void {
    this.#events.push(event);
    this.#tell();
  }

  /** The channel ended before its time. */
  fail(reason: string): void {
    this.#broken = new Error(`${this.channel}: ${reason}`);
    this.#tell();
  }

  /** The first event of this type that fits, from the beginning; rejects after 30 s without one. */
  until<T extends EventType>(type: T, fits: (event: EventOf<T>) => boolean = () => true): Promise<EventOf<T>> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        this.#look.delete(look);
        act();
      };
      const look = () => {
        const found = this.#events.find(
          (event): event is EventOf<T> => event.type === type && fits(event as EventOf<T>),
        );
        if (found) settle(() => resolve(found));
        else if (this.#broken) settle(() => reject(this.#broken ?? new Error(type)));
      };
      const seen = () => this.#events.map((event) => event.type).join(', ') || 'nothing';
      const timer = setTimeout(
        () => settle(() => reject(new Error(`${type} did not come over ${this.channel} within 30 s; seen: ${seen()}`))),
        30_000,
      );
      this.#look.add(look);
      look();
    });
  }

  #tell(): void {
    for (const look of [...this.#look]) look();
  }
}
