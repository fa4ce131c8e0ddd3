/** Whoever guesses passwords or tokens has to wait. Counted in memory: a restart forgets, and so does the end of the window. */
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { GatewayError } from '../domain/gateway-error.ts';
import { emailKey } from '../domain/account.ts';

const WINDOW_SECONDS = 15 * 60;
const FAILURES_OF_A_PAIR = 5;
const FAILURES_OF_AN_ADDRESS = 50;

export type Guessing = {
  /** Throws `too_many_requests` while this address, or this account from this address, has to wait. Before any password is looked at. */
  check(address: string, account: string): Promise<void>;
  failed(address: string, account: string): Promise<void>;
  /** The account was opened: its failures from this address count no more. */
  succeeded(address: string, account: string): Promise<void>;
};

export function createGuessing(): Guessing {
  const options = { duration: WINDOW_SECONDS, blockDuration: WINDOW_SECONDS };
  const pairs = new RateLimiterMemory({ ...options, keyPrefix: 'pair', points: FAILURES_OF_A_PAIR });
  const addresses = new RateLimiterMemory({ ...options, keyPrefix: 'address', points: FAILURES_OF_AN_ADDRESS });
  const pairOf = (address: string, account: string): string => JSON.stringify([address, emailKey(account)]);

  async function requireRoom(limiter: RateLimiterMemory, key: string, points: number): Promise<void> {
    const spent = await limiter.get(key);
    if (!spent || spent.consumedPoints < points) return;
    const seconds = Math.max(1, Math.ceil(spent.msBeforeNext / 1000));
    throw new GatewayError('too_many_requests', `Too many failures. Try again in ${Math.ceil(seconds / 60)} minutes.`, {
      retryAfter: seconds,
    });
  }

  /** The library rejects with its count when the limit is reached; that is for `check` to say. */
  async function count(limiter: RateLimiterMemory, key: string): Promise<void> {
    await limiter.consume(key).catch((refused: unknown) => {
      if (refused instanceof Error) throw refused;
      return refused as RateLimiterRes;
    });
  }

  return {
    async check(address, account) {
      await requireRoom(addresses, address, FAILURES_OF_AN_ADDRESS);
      await requireRoom(pairs, pairOf(address, account), FAILURES_OF_A_PAIR);
    },
    async failed(address, account) {
      await count(addresses, address);
      await count(pairs, pairOf(address, account));
    },
    async succeeded(address, account) {
      await pairs.delete(pairOf(address, account));
    },
  };
}
