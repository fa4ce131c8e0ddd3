/**
 * How often somebody may call. Counted in memory, per minute: of keys and people by who they are, of everybody else by where they come from. The key
 * of the environment is the operator's own and is not counted. Whoever shows keys that are not known has to wait soon.
 */
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { GatewayError } from '../domain/gateway-error.ts';
import type { Caller } from '../ports/caller.ts';
import type { Clock } from '../ports/clock.ts';

const WINDOW_SECONDS = 60;

export type RateLimits = {
  /** Throws `too_many_requests`. */
  called(caller: Caller): Promise<void> | undefined;
  /** Before a key is looked at. Throws `too_many_requests` for an address that showed too many wrong ones. */
  approached(address: string): Promise<void> | undefined;
  /** A key was shown that is not known. */
  refused(address: string): void;
};

export type RateLimitSettings = {
  /** Requests per minute of one key or person; 0: as many as they like. */
  perCaller: number;
  /** Wrong keys per minute from one address; 0: as many as they like. */
  wrongKeys: number;
};

export function createRateLimits({ perCaller, wrongKeys }: RateLimitSettings, clock: Clock): RateLimits {
  const callers = new RateLimiterMemory({ points: perCaller, duration: WINDOW_SECONDS });
  const strangers = new RateLimiterMemory({ points: wrongKeys, duration: WINDOW_SECONDS });
  /** So that requests of those who never showed a wrong key wait for nothing. */
  let suspects = 0;

  return {
    called({ actor }) {
      if (perCaller === 0 || actor.kind === 'environment_key') return undefined;
      return callers.consume(`${actor.kind} ${actor.id ?? ''}`).then(nothing, refuse);
    },
    approached(address) {
      if (suspects === 0) return undefined;
      return strangers.get(address).then((known) => {
        if (known && known.consumedPoints >= wrongKeys) refuse(known);
      });
    },
    refused(address) {
      if (wrongKeys === 0) return;
      suspects += 1;
      // The window of this one is over then, whatever came after it.
      clock.after(WINDOW_SECONDS * 1000, () => (suspects -= 1));
      strangers.consume(address).catch(nothing);
    },
  };
}

const nothing = (): void => undefined;

function refuse(reason: unknown): never {
  if (!(reason instanceof RateLimiterRes)) throw reason;
  const retryAfter = Math.max(1, Math.ceil(reason.msBeforeNext / 1000));
  throw new GatewayError('too_many_requests', undefined, { retryAfter });
}
