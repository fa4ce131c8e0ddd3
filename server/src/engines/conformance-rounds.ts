/** Sessions that are opened and closed again and again leave nothing behind: no timer, socket, listener, process or folder. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { ConformanceSession } from './conformance-session.ts';
import { setting, type Subject } from './conformance-setting.ts';

const LOOKS = 200;
const LOOK_MS = 50;

export function describeRounds(subject: Subject, rounds: number): void {
  describe(`engine ${subject.title}: again and again`, () => {
    const { phone, session: unlinked, linked } = setting(subject);

    test(`${rounds} rounds of opening and closing leave nothing behind`, { timeout: rounds * 30_000 }, async () => {
      await using stranger = unlinked();
      await using known = await linked(await phone('Ana'));
      await known.run.close('disconnect');
      const round = async (session: ConformanceSession): Promise<void> => {
        session.open();
        await session.event(session === known ? 'open' : 'qr');
        await session.run.close('disconnect');
      };
      // What is made once for all sessions is there after these.
      await round(known);
      await round(stranger);
      const [busy, listening, left] = [inUse(), listeners(), (await subject.leftovers?.()) ?? []];
      for (let done = 0; done < rounds; done += 1) await round(done % 2 === 0 ? known : stranger);
      for (let looks = 0; looks < LOOKS; looks += 1) {
        const isClean = inUse().length <= busy.length && ((await subject.leftovers?.()) ?? []).length <= left.length;
        if (isClean) break;
        await pause(LOOK_MS);
      }
      expect(inUse().length, inUse().join()).toBeLessThanOrEqual(busy.length);
      expect(listeners()).toBeLessThanOrEqual(listening);
      const after = (await subject.leftovers?.()) ?? [];
      expect(after.length, after.join()).toBeLessThanOrEqual(left.length);
    });
  });
}

/** Timers, sockets and the like of this process, without what is just being read or written. */
function inUse(): string[] {
  return process.getActiveResourcesInfo().filter((name) => !name.startsWith('FS'));
}

function listeners(): number {
  return process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
}
