/**
 * What Baileys counts and remembers about messages that could not be decrypted. Their sender is asked for them again. Baileys would
 * ask this account's phone as well, and wait two seconds before, with every other message of the session waiting behind; so it is
 * told that the phone was asked already. Where a message came without any ciphertext the phone is still asked.
 */
import type { CacheStore } from 'baileys';
import { ExpiringMap } from './expiring-map.ts';

const HOUR_MS = 3_600_000;

export function retryCaches(): { counters: CacheStore; placeholders: CacheStore } {
  const counters = new ExpiringMap(HOUR_MS);
  const placeholders = new ExpiringMap(HOUR_MS);
  const asked = new ExpiringMap(HOUR_MS);
  return {
    counters: cache(counters, {
      set: (key, count) => {
        // `<message id>:<participant>`: counted right before the phone would be asked.
        asked.set(key.slice(0, key.lastIndexOf(':')), true);
        counters.set(key, count);
      },
    }),
    placeholders: cache(placeholders, {
      get: (id: string) => (placeholders.get<object>(id) ?? asked.get<object>(id)) as never,
    }),
  };
}

function cache(map: ExpiringMap, own: Partial<CacheStore>): CacheStore {
  return {
    // Whatever Baileys asks for is what it set.
    get: (key: string) => map.get<never>(key),
    set: (key, value) => map.set(key, value),
    del: (key) => map.del(key),
    flushAll: () => map.flushAll(),
    ...own,
  };
}
