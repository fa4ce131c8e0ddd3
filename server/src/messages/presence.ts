/** What others see this account do, and what it sees of them. */
import type { SessionRecord } from '../domain/session.ts';
import type { Clock } from '../ports/clock.ts';
import type { EngineRun } from '../ports/engine.ts';
import type { Log } from '../ports/log.ts';
import type { LiveRuns } from './live-runs.ts';
import type { People } from './people.ts';

export type TypingState = 'composing' | 'recording' | 'paused';

export type Presence = {
  /** With `ms` it ends by itself after so long, unless something else was shown since. `until` in ms since the epoch. */
  type(
    session: SessionRecord,
    chat: string,
    state: TypingState,
    ms: number | null,
  ): Promise<{ chat: string; until: number | null }>;
  /** Answers what the chat is called in the events to come. */
  subscribe(session: SessionRecord, chat: string): Promise<string>;
  /** With `ms` only for so long; then as it was shown last without it. Answers when that is, in ms since the epoch. */
  show(session: SessionRecord, available: boolean, ms: number | null): Promise<number | null>;
};

export type PresenceParts = { live: LiveRuns; people: People; clock: Clock; log: Log };

export function createPresence({ live, people, clock, log }: PresenceParts): Presence {
  /** What ends by itself: by session and chat, or by session. */
  const ends = new Map<string, () => void>();
  /** Who is shown as online until something else is asked for. Each connection begins offline. */
  const online = new WeakSet<EngineRun>();

  function stay(key: string): void {
    ends.get(key)?.();
    ends.delete(key);
  }

  function endLater(
    { session, run, key, ms }: { session: SessionRecord; run: EngineRun; key: string; ms: number },
    end: () => Promise<unknown> | undefined,
    failing: string,
  ): number {
    const cancel = clock.after(ms, () => {
      ends.delete(key);
      // A run that is over is seen by nobody any more.
      if (!live.isLive(session, run)) return;
      end()?.catch((error: unknown) => log.warn({ sessionId: session.id, reason: String(error) }, failing));
    });
    ends.set(key, cancel);
    return clock.now() + ms;
  }

  return {
    async type(session, written, state, ms) {
      const chat = await people.chatAddress(session, written);
      const run = await live.ask(session, { needs: 'typing', change: true }, (run) =>
        run.presence?.type(chat, state).then(() => run),
      );
      const key = `${session.id} ${chat}`;
      stay(key);
      if (ms === null || state === 'paused') return { chat, until: null };
      const end = () => run.presence?.type(chat, 'paused');
      const failing = 'A chat may go on showing that this account writes';
      return { chat, until: endLater({ session, run, key, ms }, end, failing) };
    },
    async subscribe(session, written) {
      const chat = await people.chatAddress(session, written);
      await live.ask(session, { needs: 'presence', change: true }, ({ presence }) => presence?.subscribe(chat));
      return chat;
    },
    async show(session, available, ms) {
      const run = await live.ask(session, { needs: 'presence', change: true }, (run) =>
        run.presence?.show(available).then(() => run),
      );
      stay(session.id);
      if (ms === null) {
        if (available) online.add(run);
        else online.delete(run);
        return null;
      }
      const failing = 'This account may go on being shown as online';
      return endLater({ session, run, key: session.id, ms }, () => run.presence?.show(online.has(run)), failing);
    },
  };
}
