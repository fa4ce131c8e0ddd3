/** What must not become slower with the number of messages that are stored, shown with a million of them in the long run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeId, type MessageId } from '@zapfleet/contract';
import { searchableText, wordsOf } from '../domain/search-words.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { Change, MessageSearch } from '../ports/store.ts';
import { fillWithMessages, messageNumber, rareWord, strangers, timeOf, usualWords } from './many-messages.fixture.ts';
import { hasPostgres, testDatabases } from './postgres.fixture.ts';
import { sampleEvent, sampleMessage, sampleOutgoing, sampleSession } from './records.fixture.ts';
import type { OpenedStore } from './sqlite-store.ts';
import { openAnywhere } from './surroundings.fixture.ts';

const isLong = process.env['TEST_LONG'] === '1';
/** One piece of work of the server's thread, in ms of its own time; the machine may be a slow one. */
const LONGEST_PIECE_MS = 30;
/** How many messages the other store holds, and how much longer a thing may take than there: trees are deeper, and not all is in memory. */
const FEW = 1_000;
const MOST_SLOWER = 3;
/** The quickest of so many counts, for the machine has other things to do as well; more of them where that would not do. */
const FEWEST_ROUNDS = 3;
const MOST_ROUNDS = 40;

const { create: newDatabase } = testDatabases();
const folder = mkdtempSync(join(tmpdir(), 'zapfleet-many-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
  ['SQLite', isLong ? 1_000_000 : 20_000, true, (name: string) => Promise.resolve(join(folder, name))],
  ['PostgreSQL', isLong ? 1_000_000 : 6_000, hasPostgres, () => newDatabase()],
] as const)('on %s, with %i messages', (_name, count, isThere, newPlace: (name: string) => Promise<string>) => {
  const session = sampleSession();
  let opened: OpenedStore | undefined;
  beforeAll(async () => {
    if (!isThere) return;
    opened = await openFilled(await newPlace('many'), session, count);
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

  // The last, for it takes old messages away.
  it.skipIf(!isThere)(
    'nothing that comes often costs more than in a store that is nearly empty',
    async () => {
      await using few = await openWithFew(await newPlace('few'));
      const many = { ...opened, session };
      const least = new Map<string, { few: number; many: number }>();
      const slower = () =>
        [...least].flatMap(([name, ms]) => (ms.many / ms.few > MOST_SLOWER ? [{ name, times: ms.many / ms.few }] : []));
      for (let round = 0; round < FEWEST_ROUNDS || (round < MOST_ROUNDS && slower().length > 0); round += 1) {
        for (const [name, work] of Object.entries(oftenDone)) {
          const before = least.get(name) ?? { few: Number.POSITIVE_INFINITY, many: Number.POSITIVE_INFINITY };
          const fewMs = await msOf(() => work(few, round));
          const manyMs = await msOf(() => work(many as Filled, round));
          least.set(name, { few: Math.min(before.few, fewMs), many: Math.min(before.many, manyMs) });
        }
      }
      expect(slower()).toEqual([]);
    },
    300_000,
  );
});

type Filled = OpenedStore & { session: SessionRecord };

/** The oldest messages and events that are left are the first to go, a round's worth at a time. */
const oftenDone: Record<string, (filled: Filled, round: number) => Promise<unknown>> = {
  'storing what comes in, with its event': ({ store, session }) => inTurn(() => store.commit(incoming(session))),
  'storing what goes out, and what becomes of it': ({ store, session }) =>
    inTurn(async () => {
      const record = sampleOutgoing(session.id, { id: newId(), waId: newId() });
      await store.commit([{ kind: 'message.insert', record }]);
      for (const [from, status] of [
        ['queued', 'sending'],
        ['sending', 'sent'],
      ] as const) {
        const events = [sampleEvent(session.id)];
        await store.commit([{ kind: 'message.update', id: record.id, from: [from], patch: { status }, events }]);
      }
      await store.messages.byWaIds(session.id, [record.waId]);
    }),
  'reading the list of chats': ({ store, session }) => inTurn(() => store.chats.list(session.id, null, 50)),
  'reading messages from the newest on': ({ store, session }) =>
    inTurn(async () => {
      const [, last] = await store.messages.list({ sessionId: session.id, newestFirst: true, limit: 50 });
      if (last) await store.messages.list({ sessionId: session.id, newestFirst: true, before: last.id, limit: 50 });
    }),
  'reading messages of a chat': ({ store, session }) =>
    inTurn(async () => {
      const [chat] = await store.chats.list(session.id, null, 1);
      const chats = [chat?.chat ?? ''];
      await store.messages.list({ sessionId: session.id, chats, newestFirst: true, limit: 3 });
      await store.messages.unread(session.id, chats, null, 3);
      await store.messages.standing(session.id, chats);
    }),
  'looking for what waits to be sent': ({ store, session }) =>
    inTurn(async () => {
      await store.messages.unsent(session.id);
      await store.messages.expired(1, 10);
      await store.messages.nextExpiry();
    }),
  'reading the newest events': ({ events, session }) =>
    inTurn(() =>
      events.read(events.last() - 50, events.last(), { tenantId: null, types: null, sessionId: session.id }, 50),
    ),
  'reading one of few events among many': ({ events }) =>
    inTurn(() => events.read(0, 1000, { tenantId: null, types: new Set(['session.qr']) }, 50)),
  'removing messages past their age': ({ store }, round) =>
    store.commit([{ kind: 'message.prune', before: timeOf((round + 1) * 20), most: 100 }]),
  'removing events past their age': ({ prune }, round) => prune(0, timeOf((round + 1) * 20)),
};

const AT_A_TIME = 5;

/** One after the other. */
async function inTurn(work: () => Promise<unknown>): Promise<void> {
  for (let at = 0; at < AT_A_TIME; at += 1) await work();
}

async function msOf(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/** Newer than all that is there. */
const newId = (): MessageId => makeId('msg', Date.now(), crypto.getRandomValues(new Uint8Array(10)));

function incoming({ id: sessionId }: SessionRecord): Change {
  const record = sampleMessage(sessionId, { id: newId(), waId: newId() });
  return [{ kind: 'message.insert', record, events: [sampleEvent(sessionId, { messageId: record.id })] }];
}

/** Fills a store that nobody has open. */
async function openFilled(where: string, session: SessionRecord, count: number): Promise<OpenedStore> {
  const prepared = await openAnywhere(where);
  await prepared.store.commit([{ kind: 'session.insert', record: session }]);
  await prepared.store.close();
  await fillWithMessages(where, session, count);
  return openAnywhere(where);
}

async function openWithFew(where: string): Promise<Filled & AsyncDisposable> {
  const session = sampleSession();
  const few = await openFilled(where, session, FEW);
  return { ...few, session, [Symbol.asyncDispose]: () => few.store.close() };
}

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
