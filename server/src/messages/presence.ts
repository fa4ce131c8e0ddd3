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
  show(session: SessionRecord, available: boolean): Promise<void>;
};

export type PresenceParts = { live: LiveRuns; people: People; clock: Clock; log: Log };

export function createPresence({ live, people, clock, log }: PresenceParts): Presence {
  /** What ends by itself, by session and chat. */
  const ends = new Map<string, () => void>();

  function pauseLater(session: SessionRecord, run: EngineRun, chat: string, ms: number): void {
    const key = `${session.id} ${chat}`;
    const cancel = clock.after(ms, () => {
      ends.delete(key);
      // A run that is over is seen by nobody any more.
      if (!live.isLive(session, run)) return;
      run.presence?.type(chat, 'paused').catch((error: unknown) => {
        log.warn({ sessionId: session.id, reason: String(error) }, 'A chat may go on showing that this account writes');
      });
    });
    ends.set(key, cancel);
  }

  return {
    async type(session, written, state, ms) {
      const chat = await people.chatAddress(session, written);
      const through = await live.ask(session, { needs: 'typing', change: true }, (run) =>
        run.presence?.type(chat, state).then(() => run),
      );
      const key = `${session.id} ${chat}`;
      ends.get(key)?.();
      ends.delete(key);
      if (ms === null || state === 'paused') return { chat, until: null };
      pauseLater(session, through, chat, ms);
      return { chat, until: clock.now() + ms };
    },
    async subscribe(session, written) {
      const chat = await people.chatAddress(session, written);
      await live.ask(session, { needs: 'presence', change: true }, ({ presence }) => presence?.subscribe(chat));
      return chat;
    },
    async show(session, available) {
      await live.ask(session, { needs: 'presence', change: true }, ({ presence }) => presence?.show(available));
    },
  };
}
