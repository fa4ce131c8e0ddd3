import { makeId } from '@zapfleet/contract';
import { expect, it } from 'vitest';
import { idFrom, idTime } from './id-time.ts';

it('ids tell when they were made, and sort beside the begin of a time', () => {
  for (const time of [0, 1, 1_763_700_000_123, 2 ** 48 - 1]) {
    expect(idTime(makeId('msg', time, new Uint8Array(10).fill(255)))).toBe(time);
    expect(idTime(idFrom('msg', time))).toBe(time);
    expect(makeId('msg', time, new Uint8Array(10)) > idFrom('msg', time)).toBe(true);
    if (time > 0) expect(makeId('msg', time - 1, new Uint8Array(10).fill(255)) < idFrom('msg', time)).toBe(true);
  }
});
