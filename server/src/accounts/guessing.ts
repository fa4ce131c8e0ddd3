/** Whoever guesses passwords or links has to wait. Counted in memory: a restart forgets, and so does the end of the window. */
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { GatewayError } from '../domain/gateway-error.ts';
import { emailKey } from '../domain/account.ts';

const WINDOW_SECONDS = 15 * 60;
const FAILURES_OF_A_PAIR = 5;
const FAILURES_OF_AN_ADDRESS = 50;

export type Guessing = {
  /**
   * Answers what `look` finds; null counts as a failure of this account from this address, anything else ends the count. Throws
   * `too_many_requests`, and does not look, while this address, or this account from this address, has to wait.
   */
  attempt<T>(address: string, account: string, look: () => Promise<T | null>): Promise<T | null>;
};

export function createGuessing(): Guessing {
  const pairs = createLock('pair', FAILURES_OF_A_PAIR);
  const addresses = createLock('address', FAILURES_OF_AN_ADDRESS);
  /** Resolves when the next guess has its answer. */
  let answered = Promise.withResolvers<undefined>();

  /** Guesses under way may all fail: no more are let in at once than may still do so. The others wait for their answers. */
  async function enter(address: string, pair: string): Promise<void> {
    for (;;) {
      const next = answered.promise;
      const [some, more] = [await addresses.left(address), await pairs.left(pair)];
      // What was read is old when a guess ended meanwhile.
      if (next !== answered.promise) continue;
      if (some > addresses.underWay(address) && more > pairs.underWay(pair)) break;
      await next;
    }
    addresses.begin(address);
    pairs.begin(pair);
  }

  return {
    async attempt(address, account, look) {
      const pair = JSON.stringify([address, emailKey(account)]);
      await enter(address, pair);
      try {
        const found = await look();
        if (found === null) {
          await addresses.failed(address);
          await pairs.failed(pair);
        } else {
          await pairs.forget(pair);
        }
        return found;
      } finally {
        addresses.end(address);
        pairs.end(pair);
        answered.resolve(undefined);
        answered = Promise.withResolvers();
      }
    },
  };
}

/** After so many failures within the window nothing is let in for as long as the window is, from the last one on. */
function createLock(keyPrefix: string, failures: number) {
  const duration = WINDOW_SECONDS;
  // The library blocks with the first that is one too many.
  const limiter = new RateLimiterMemory({ keyPrefix, points: failures - 1, duration, blockDuration: duration });
  const guesses = new Map<string, number>();
  return {
    /** How many may still fail. Throws `too_many_requests` when none may. */
    async left(key: string): Promise<number> {
      const spent = await limiter.get(key);
      const left = failures - (spent?.consumedPoints ?? 0);
      if (!spent || left > 0) return left;
      const retryAfter = Math.max(1, Math.ceil(spent.msBeforeNext / 1000));
      const minutes = Math.ceil(retryAfter / 60);
      throw new GatewayError('too_many_requests', `Too many failures. Try again in ${minutes} minutes.`, {
        retryAfter,
      });
    },
    underWay: (key: string): number => guesses.get(key) ?? 0,
    begin: (key: string): unknown => guesses.set(key, (guesses.get(key) ?? 0) + 1),
    end(key: string): void {
      const others = (guesses.get(key) ?? 1) - 1;
      if (others > 0) guesses.set(key, others);
      else guesses.delete(key);
    },
    /** The library rejects with its count when the limit is reached; that is for the next guess to hear. */
    async failed(key: string): Promise<void> {
      await limiter.consume(key).catch((refused: unknown) => {
        if (refused instanceof Error) throw refused;
        return refused as RateLimiterRes;
      });
    },
    forget: (key: string): Promise<boolean> => limiter.delete(key),
  };
}
