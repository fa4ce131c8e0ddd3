/** Passwords as argon2id. The work is heavy on purpose, so few are done at a time and the rest wait their turn. */
import type { Options } from '@node-rs/argon2';

/** OWASP's figures: 19 MiB, 2 passes. */
const options: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const AT_A_TIME = 2;

export type Passwords = {
  hash(password: string): Promise<string>;
  /** `hash: null` takes as long and is false: nobody learns from the clock whether an account exists. */
  matches(hash: string | null, password: string): Promise<boolean>;
};

export function createPasswords(): Passwords {
  let running = 0;
  const waiting: (() => void)[] = [];
  let decoy: Promise<string> | null = null;

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= AT_A_TIME) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  }

  /** The native module is loaded with the first password: a server that knows keys only does without. */
  const hash = (password: string): Promise<string> =>
    inTurn(async () => (await import('@node-rs/argon2')).hash(password, options));

  return {
    hash,
    async matches(stored, password) {
      decoy ??= hash('nobody has this one');
      const against = stored ?? (await decoy);
      const fits = await inTurn(async () => (await import('@node-rs/argon2')).verify(against, password));
      return fits && stored !== null;
    },
  };
}
