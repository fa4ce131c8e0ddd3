import { setTimeout as delay } from 'node:timers/promises';

/** For what no event tells: looks again until that no longer throws, and throws its last error when it takes too long. */
export async function eventually<T>(look: () => Promise<T>, ms = 60_000): Promise<T> {
  const until = Date.now() + ms;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() > until) throw error;
    }
    await delay(50);
  }
}
