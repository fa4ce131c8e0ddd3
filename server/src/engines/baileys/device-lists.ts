/**
 * The devices of the people a session writes to, kept over its reconnects: asking for them anew costs each of these devices a
 * one-time pre-key. WhatsApp tells of changes, also of those that came while the session was away.
 */
import { ExpiringMap } from './expiring-map.ts';

const HALF_AN_HOUR_MS = 1_800_000;
const MOST_SESSIONS = 5_000;

export class DeviceLists {
  readonly #bySession = new Map<string, ExpiringMap>();

  of(sessionId: string): ExpiringMap {
    const lists = this.#bySession.get(sessionId) ?? new ExpiringMap(HALF_AN_HOUR_MS);
    // Set anew, so that the map stays in the order of use.
    this.#bySession.delete(sessionId);
    this.#bySession.set(sessionId, lists);
    for (const [oldest] of this.#bySession) {
      if (this.#bySession.size <= MOST_SESSIONS) break;
      this.#bySession.delete(oldest);
    }
    return lists;
  }

  /** A new pairing knows nobody. */
  forget(sessionId: string): void {
    this.#bySession.delete(sessionId);
  }
}
