import pg from 'pg';
import { describe, expect, it } from 'vitest';
import type { SessionId } from '@zapfleet/contract';
import { startCluster } from '../../../scripts/postgres-cluster.ts';
import { findPostgres } from '../../../scripts/postgres.mjs';
import type { LoggedEvent } from '../ports/event-log.ts';
import { startCuttingProxy } from './cutting-proxy.fixture.ts';
import { openPostgres } from './open-postgres.ts';
import { testDatabases, hasPostgres } from './postgres.fixture.ts';
import { sampleEvent, sampleMessage, sampleSession } from './records.fixture.ts';
import type { OpenedStore } from './sqlite-store.ts';
import { silentLog, testClock } from './surroundings.fixture.ts';

const everything = { tenantId: null, types: null };

type Open = OpenedStore & AsyncDisposable & { sessionId: SessionId; heard: LoggedEvent[]; takenOver: number };

async function open(url: string, patienceMs?: number): Promise<Open> {
  const state = { takenOver: 0 };
  const opened = await openPostgres({
    url,
    encryptionKeys: [new Uint8Array(32).fill(1)],
    clock: testClock().clock,
    log: silentLog,
    onTakenOver: () => (state.takenOver += 1),
    ...(patienceMs !== undefined && { patienceMs }),
  });
  const session = sampleSession();
  await opened.store.commit([{ kind: 'session.insert', record: session }]);
  const heard: LoggedEvent[] = [];
  opened.events.subscribe((events) => heard.push(...events));
  return Object.assign(state, opened, {
    sessionId: session.id,
    heard,
    [Symbol.asyncDispose]: () => opened.store.close(),
  });
}

const insert = ({ store, sessionId }: Open, waId: string) =>
  store.commit([
    { kind: 'message.insert', record: sampleMessage(sessionId, { waId }), events: [sampleEvent(sessionId)] },
  ]);

const storedIds = async ({ store, sessionId }: Open): Promise<string[]> =>
  (await store.messages.list({ sessionId, limit: 100_000 })).map(({ waId }) => waId);

/** What the log holds is what was heard, each number once and none left out. */
async function expectWholeLog({ events, heard }: Open, count: number): Promise<void> {
  const logged = await events.read(0, events.last(), everything, 100_000);
  expect(logged.map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, at) => at + 1));
  expect(heard).toEqual(logged);
}

describe.skipIf(!hasPostgres)('when the connection breaks at a commit', () => {
  const { create: newDatabase } = testDatabases();

  it.each([
    ['before it has left, it is done again', 'before'],
    ['after it took place, it is not done twice', 'after'],
  ] as const)('%s', async (_name, when) => {
    await using proxy = await startCuttingProxy(await newDatabase());
    await using opened = await open(proxy.url);
    const cut = proxy.cutAtCommit(when);
    const commits = ['a', 'b', 'c'].map((waId) => insert(opened, waId));
    await cut;
    const results = await Promise.all([...commits, insert(opened, 'd')]);
    expect(results).toEqual(results.map(() => ({ committed: true, changed: [true] })));
    expect(await storedIds(opened)).toEqual(['a', 'b', 'c', 'd']);
    await expectWholeLog(opened, 4);
  });
});

describe.skipIf(!hasPostgres)('while the database cannot be reached', () => {
  const { create: newDatabase } = testDatabases();

  it('a moment only delays what is asked for', async () => {
    await using proxy = await startCuttingProxy(await newDatabase());
    await using opened = await open(proxy.url);
    proxy.shut();
    const commit = insert(opened, 'a');
    const read = storedIds(opened);
    proxy.open();
    expect(await commit).toMatchObject({ committed: true });
    expect([[], ['a']]).toContainEqual(await read);
    expect(await storedIds(opened)).toEqual(['a']);
  });

  it('commits, reads and pings are refused with a reason after a while, and all goes on when it is back', async () => {
    await using proxy = await startCuttingProxy(await newDatabase());
    await using opened = await open(proxy.url, 200);
    proxy.shut();
    const refused = { code: 'database_unavailable', status: 503 };
    await expect(insert(opened, 'lost')).rejects.toMatchObject(refused);
    // From then on at once: nobody waits for what is known to be away.
    await expect(insert(opened, 'lost too')).rejects.toMatchObject(refused);
    await expect(storedIds(opened)).rejects.toMatchObject(refused);
    await expect(opened.store.ping()).rejects.toMatchObject(refused);
    proxy.open();
    await backAgain(opened);
    expect(await insert(opened, 'a')).toMatchObject({ committed: true });
    expect(await storedIds(opened)).toEqual(['a']);
    await expectWholeLog(opened, 1);
  });
});

/** Resolves when the store answers again. */
async function backAgain({ store }: Open): Promise<void> {
  for (;;) {
    try {
      await store.ping();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

describe.skipIf(!hasPostgres)('two servers on one database', () => {
  const { create: newDatabase } = testDatabases();

  it('are refused, the second one with a sentence', async () => {
    const url = await newDatabase();
    await using first = await open(url);
    await expect(open(url)).rejects.toThrow(
      /^The database is in use by another process; only one server may run on it\.$/,
    );
    expect(await insert(first, 'a')).toMatchObject({ committed: true });
    await first.store.close();
    await using second = await open(url);
    expect(await insert(second, 'b')).toMatchObject({ committed: true });
  });

  it('the former one writes nothing any more once another has taken the database over', async () => {
    const url = await newDatabase();
    await using former = await open(url);
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    await other.query('update writer set epoch = epoch + 1');
    await expect(insert(former, 'a')).rejects.toMatchObject({ code: 'database_unavailable' });
    await expect(insert(former, 'b')).rejects.toThrow('Another server has taken the database over.');
    expect(former.takenOver).toBe(1);
    expect((await other.query('select 1 from messages')).rowCount).toBe(0);
    await other.end();
  });

  it('the former one finds out when it comes back after an outage', async () => {
    const url = await newDatabase();
    await using proxy = await startCuttingProxy(url);
    await using former = await open(proxy.url);
    proxy.shut();
    await using latter = await open(url);
    const commit = insert(former, 'a');
    proxy.open();
    await expect(commit).rejects.toMatchObject({ code: 'database_unavailable' });
    expect(former.takenOver).toBe(1);
    expect(await insert(latter, 'b')).toMatchObject({ committed: true });
  });
});

describe.skipIf(!findPostgres())('when PostgreSQL crashes under load', () => {
  const rounds = process.env.TEST_LONG ? 30 : 3;

  it(`what was committed is there, once, and what was refused is not, ${rounds} times`, {
    timeout: 300_000,
  }, async () => {
    await using cluster = await startCluster();
    await using opened = await open(await cluster.createDatabase(), 60_000);
    const committed: string[] = [];
    const refused: string[] = [];
    let stopping = false;
    const writeOn = async (writer: number): Promise<void> => {
      for (let number = 0; !stopping; number += 1) {
        const waId = `${writer}-${number}`;
        await insert(opened, waId).then(
          () => committed.push(waId),
          () => refused.push(waId),
        );
      }
    };
    const writers = Promise.all(Array.from({ length: 20 }, (_, at) => writeOn(at)));
    for (let round = 0; round < rounds; round += 1) {
      const goal = committed.length + 200 + Math.random() * 200;
      while (committed.length < goal) await opened.store.ping().catch(() => undefined);
      await cluster.stop('immediate');
      await cluster.start();
    }
    stopping = true;
    await writers;
    expect((await storedIds(opened)).sort()).toEqual(committed.sort());
    expect(refused).toEqual([]);
    await expectWholeLog(opened, committed.length);
  });
});
