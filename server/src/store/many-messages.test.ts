/** What must not become slower with the number of messages that are stored, shown with a million of them in the long run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MessageId } from '@zapfleet/contract';
import { searchableText, wordsOf } from '../domain/search-words.ts';
import type { MessageSearch } from '../ports/store.ts';
import { fillWithMessages, messageNumber, rareWord, strangers, usualWords } from './many-messages.fixture.ts';
import { hasPostgres, testDatabases } from './postgres.fixture.ts';
import { sampleSession } from './records.fixture.ts';
import type { OpenedStore } from './sqlite-store.ts';
import { openAnywhere } from './surroundings.fixture.ts';

const isLong = process.env['TEST_LONG'] === '1';
/** One piece of work of the server's thread, in ms of its own time; the machine may be a slow one. */
const LONGEST_PIECE_MS = 30;

const { create: newDatabase } = testDatabases();
const folder = mkdtempSync(join(tmpdir(), 'zapfleet-many-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
  ['SQLite', isLong ? 1_000_000 : 20_000, true, () => Promise.resolve(join(folder, 'zapfleet.db'))],
  ['PostgreSQL', isLong ? 1_000_000 : 6_000, hasPostgres, () => newDatabase()],
] as const)('on %s, with %i messages', (_name, count, isThere, newPlace: () => Promise<string>) => {
  const session = sampleSession();
  let opened: OpenedStore | undefined;
  beforeAll(async () => {
    if (!isThere) return;
    const where = await newPlace();
    const prepared = await openAnywhere(where);
    await prepared.store.commit([{ kind: 'session.insert', record: session }]);
    await prepared.store.close();
    await fillWithMessages(where, session, count);
    opened = await openAnywhere(where);
  }, 1_800_000);
  afterAll(() => opened?.store.close());

  const search = async (words: string, more: Partial<MessageSearch> = {}): Promise<MessageId[]> => {
    const asked = { sessionId: session.id, words: wordsOf(words), limit: 30, ...more };
    return ((await opened?.store.messages.search(asked)) ?? []).map(({ id }) => id);
  };
  const known: { id: MessageId; words: readonly string[] }[] = [];
  /** What the search must find; each message is made once. */
  const fitting = (words: string, limit: number): MessageId[] => {
    const wanted = wordsOf(words);
    const ids: MessageId[] = [];
    for (let number = count - 1; number >= 0 && ids.length < limit; number -= 1) {
      const { id, words: its } = (known[number] ??= wordsOfNumber(number));
      if (wanted.every((word) => its.some((one) => one.startsWith(word)))) ids.push(id);
    }
    return ids;
  };
  const wordsOfNumber = (number: number) => {
    const { id, content } = messageNumber(number, count, session.id);
    return { id, words: wordsOf(searchableText(content)) };
  };

  it.skipIf(!isThere).each([
    ['two usual words', usualWords.join(' ')],
    ['a usual word', usualWords[0]],
    ['a word of every message', 'de'],
    ['the beginning of many words', 'd b'],
    ['the beginning of many numbers, which only old messages have', '100'],
    ['two words that are never together', strangers.join(' ')],
    ['a word of one message with one of all', `de ${rareWord}`],
    ['two words of which no message has one', `${usualWords[0]} zzz`],
  ])(
    'a search for %s finds the newest that hold them, page by page, and soon lets others have their turn',
    async (_words, words) => {
      const expected = fitting(words, 60);
      const longest: number[] = [];
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const turns = longestTurn();
        expect(await search(words)).toEqual(expected.slice(0, 30));
        longest.push(turns.end());
      }
      expect(Math.min(...longest)).toBeLessThan(LONGEST_PIECE_MS);
      const [before] = expected.slice(29);
      expect(await search(words, { ...(before && { before }), limit: 1000 })).toEqual(
        before ? fitting(words, 1030).slice(30) : expected,
      );
    },
    300_000,
  );
});

/** The most time that this thread itself took at once, in ms: others that want the processor do not count. */
function longestTurn(): { end(): number } {
  const now = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let longest = 0;
  let last = now();
  const turn = (): void => {
    longest = Math.max(longest, now() - last);
    last = now();
    next = setImmediate(turn);
  };
  let next = setImmediate(turn);
  return {
    end() {
      clearImmediate(next);
      return Math.max(longest, now() - last);
    },
  };
}
