export type CallStatus = 'ringing' | 'accepted' | 'rejected' | 'missed' | 'ended';

/** One call. Nobody speaks in it: it rings, and it ends. Numbers are digits, `to` a number or a group's id. */
export type Call = {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly video: boolean;
  readonly startedAt: number;
  readonly status: CallStatus;
};

const MOST_REMEMBERED = 1000;

/** Calls of now and of lately. Nothing of them outlives the process. */
export class Calls {
  readonly #calls = new Map<string, Call>();

  keep(call: Call): Call {
    this.#calls.set(call.id, call);
    for (const oldest of this.#calls.keys()) {
      if (this.#calls.size <= MOST_REMEMBERED) break;
      this.#calls.delete(oldest);
    }
    return call;
  }

  find(id: string): Call | undefined {
    return this.#calls.get(id);
  }

  /** Those that a phone made or got, the first first. */
  of(phone: string): Call[] {
    return [...this.#calls.values()].filter(({ from, to }) => from === phone || to === phone);
  }
}
