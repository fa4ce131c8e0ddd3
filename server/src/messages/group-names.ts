/**
 * What the chats of groups are called. WhatsApp tells when a subject changes; one that nobody told of is asked for, once and one after another,
 * when the group is first heard of.
 */
import type { SessionId } from '@zapfleet/contract';
import { LRUCache } from 'lru-cache';
import { GatewayError } from '../domain/gateway-error.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Store, Write } from '../ports/store.ts';
import type { LiveRuns } from './live-runs.ts';

export type GroupNames = {
  /** A chat that is a group's was heard of. Returns at once; what can be learnt is stored later. */
  heard(session: SessionRecord, jid: string): void;
};

export type GroupNamesParts = { store: Store; clock: Clock; log: Log; live: LiveRuns };

/** Groups that nothing is to be learnt of, over all sessions. */
const MOST_SETTLED = 50_000;
/** WhatsApp refuses who asks for many groups at once (`rate-overlimit`). */
const PAUSE_MS = 250;

export function createGroupNames({ store, clock, log, live }: GroupNamesParts): GroupNames {
  const settled = new LRUCache<string, true>({ max: MOST_SETTLED });
  const lines = new Map<SessionId, Promise<void>>();

  /** Resolves with whether WhatsApp was asked. */
  async function learn(session: SessionRecord, jid: string): Promise<boolean> {
    const known = await store.chats.get(session.id, [jid]);
    if (known?.name != null) return false;
    const group = await live.ask(session, { needs: 'groups', change: false }, ({ groups }) => groups?.get(jid));
    await store.commit([{ ...nameOf(session, group), unlessNamed: true }]);
    return true;
  }

  async function tried(session: SessionRecord, jid: string, key: string): Promise<void> {
    try {
      if (await learn(session, jid)) await new Promise<void>((resolve) => void clock.after(PAUSE_MS, resolve));
    } catch (error) {
      // Refused is who is not in the group any more; whatever else it was, the next message finds out.
      if (!(error instanceof GatewayError && error.code === 'whatsapp_refused')) settled.delete(key);
      log.debug({ sessionId: session.id, jid, reason: String(error) }, 'The name of a group could not be learnt');
    }
  }

  return {
    heard(session, jid) {
      const key = `${session.id} ${jid}`;
      if (settled.get(key)) return;
      settled.set(key, true);
      const line = (lines.get(session.id) ?? Promise.resolve()).then(() => tried(session, jid, key));
      lines.set(session.id, line);
      void line.then(() => {
        if (lines.get(session.id) === line) lines.delete(session.id);
      });
    },
  };
}

/** Keeps what a group is called. */
export function nameOf({ id: sessionId }: SessionRecord, { jid, subject }: { jid: string; subject: string }) {
  return { kind: 'chat.name', sessionId, chat: jid, name: subject } as const satisfies Write;
}
