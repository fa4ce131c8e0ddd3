import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { idSchema, idSequence, makeId } from './ids.ts';

describe('ids', () => {
  it('carry their prefix and 26 characters', () => {
    const id = makeId('ses', Date.parse('2026-01-01T00:00:00Z'), randomBytes(10));
    expect(id).toMatch(/^ses_[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(idSchema('ses').parse(id)).toBe(id);
    expect(idSchema('msg').safeParse(id).success).toBe(false);
  });

  it('use the whole of the time and of the randomness', () => {
    expect(makeId('evt', 0, new Uint8Array(10))).toBe('evt_00000000000000000000000000');
    expect(makeId('evt', 2 ** 48 - 1, new Uint8Array(10).fill(255))).toBe('evt_7ZZZZZZZZZZZZZZZZZZZZZZZZZ');
  });

  it('sort in the order in which they were made, when the clock stands still or goes back too', () => {
    const times = [1_000, 1_000, 1_000, 999, 1_001, 1_001];
    const newId = idSequence(() => times.shift() ?? 2_000, randomBytes);
    const ids = Array.from({ length: 2_000 }, () => newId('msg'));
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
