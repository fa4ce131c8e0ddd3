import { describe, expect, it } from 'vitest';
import type { EngineRun, PresenceCalls } from '../ports/engine.ts';
import { manualClock, scriptedEngine, silentLog } from '../sessions/scripted.fixture.ts';
import { createLiveRuns } from './live-runs.ts';
import type { People } from './people.ts';
import { createPresence } from './presence.ts';
import { sessionOn } from './messages.fixture.ts';

function opened() {
  const clock = manualClock();
  const session = sessionOn(clock);
  const live = createLiveRuns({ clock, log: silentLog, can: () => true });
  const people = { chatAddress: (_session: unknown, chat: string) => Promise.resolve(chat) } as unknown as People;
  const seen: string[] = [];
  const connect = (): void => {
    const calls: PresenceCalls = {
      type: (chat, state) => Promise.resolve(void seen.push(`${chat} ${state}`)),
      subscribe: () => Promise.resolve(),
      show: (available) => Promise.resolve(void seen.push(available ? 'online' : 'offline')),
    };
    const run: EngineRun = { ...scriptedEngine().open({} as never), presence: calls };
    live.online(session, run);
  };
  connect();
  return { clock, session, seen, connect, presence: createPresence({ live, people, clock, log: silentLog }) };
}

describe('what ends by itself', () => {
  it('writes until then, unless something else is shown before', async () => {
    const { clock, session, seen, presence } = opened();
    expect(await presence.type(session, 'bia', 'composing', 5_000)).toMatchObject({ until: clock.now() + 5_000 });
    clock.advance(4_999);
    await presence.type(session, 'bia', 'recording', null);
    clock.advance(60_000);
    expect(seen).toEqual(['bia composing', 'bia recording']);
    await presence.type(session, 'bia', 'composing', 5_000);
    clock.advance(5_000);
    expect(seen.slice(2)).toEqual(['bia composing', 'bia paused']);
  });

  it('is online until then, as often as that is asked for anew, and then as it was', async () => {
    const { clock, session, seen, presence } = opened();
    expect(await presence.show(session, true, 60_000)).toBe(clock.now() + 60_000);
    clock.advance(45_000);
    await presence.show(session, true, 60_000);
    clock.advance(59_000);
    expect(seen).toEqual(['online', 'online']);
    clock.advance(1_000);
    expect(seen).toEqual(['online', 'online', 'offline']);

    expect(await presence.show(session, true, null)).toBeNull();
    await presence.show(session, false, 1_000);
    clock.advance(1_000);
    expect(seen.slice(3)).toEqual(['online', 'offline', 'online']);
  });

  it('leaves the next connection alone, which begins offline', async () => {
    const { clock, session, seen, presence, connect } = opened();
    await presence.show(session, true, null);
    await presence.show(session, true, 1_000);
    connect();
    clock.advance(1_000);
    expect(seen).toEqual(['online', 'online']);
    await presence.show(session, true, 1_000);
    clock.advance(1_000);
    expect(seen.slice(2)).toEqual(['online', 'offline']);
  });
});
