import type { Session } from '@zapfleet/contract';
import { describe, expect, it } from 'vitest';
import { sessionRecord } from './app.fixture.ts';
import { sessionJson } from './session-json.ts';

describe('a page of sessions as JSON', () => {
  const first = sessionRecord({ name: 'a' });
  const second = sessionRecord({ name: 'b' });
  const json = sessionJson(({ name, restriction }) => ({ name, restriction }) as Session);
  const namesIn = (page: Buffer) => {
    const { data, nextCursor } = JSON.parse(page.toString()) as { data: Session[]; nextCursor: string | null };
    return [...data.map(({ name }) => name), nextCursor];
  };

  it('is made once for the same sessions, and is what is read of each of them', () => {
    const page = json.page([first, second], null);
    expect(namesIn(page)).toEqual(['a', 'b', null]);
    expect(JSON.parse(page.toString())).toEqual({
      data: [first, second].map((record) => JSON.parse(json.one(record)) as unknown),
      nextCursor: null,
    });
    expect(json.page([first, second], null)).toBe(page);
  });

  it('is made anew when one of them changed, came or went, and when more follow', () => {
    json.page([first, second], null);
    expect(namesIn(json.page([first, { ...second, name: 'c' }], null))).toEqual(['a', 'c', null]);
    expect(namesIn(json.page([first], null))).toEqual(['a', null]);
    expect(namesIn(json.page([first, second], null))).toEqual(['a', 'b', null]);
    expect(namesIn(json.page([first, second], second.id))).toEqual(['a', 'b', second.id]);
    expect(namesIn(json.page([], null))).toEqual([null]);
  });

  it('is made each time while one of them changes by itself', () => {
    const restricted = sessionRecord({ restriction: { scope: 'new_chats', since: 1, until: 2, reason: '463' } });
    const page = json.page([first, restricted], null);
    expect(json.page([first, restricted], null)).not.toBe(page);
  });
});
