import { expect, test } from 'vitest';
import { environmentCaller } from '../accounts/callers.ts';
import type { Caller } from '../ports/caller.ts';
import { manualClock, memoryLog } from './app.fixture.ts';
import { watchStanding } from './standing.ts';

const callerOf = (id: string): Caller => ({ ...environmentCaller, actor: { kind: 'key', id, name: id } });

test('a key has no more connections open than it may, and others are not held up by it', () => {
  const callers = {
    find: () => null,
    holds: () => Promise.resolve(true),
    forget() {},
    onForget: () => () => undefined,
  };
  const standing = watchStanding(callers, manualClock(), memoryLog());
  const greedy = callerOf('key_greedy');
  const leave = Array.from({ length: 1000 }, () => {
    standing.requireRoom(greedy);
    // Each request has a copy of its caller.
    return standing.watch({ ...greedy }, () => undefined);
  });
  expect(() => standing.requireRoom(greedy)).toThrow('1000 open connections');
  standing.requireRoom(callerOf('key_modest'));
  leave[0]?.();
  standing.requireRoom(greedy);
  standing.close();
});
