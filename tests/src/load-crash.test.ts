/** A server, or its database, dies under load: nothing that was acknowledged is lost, and nothing is there twice. */
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect } from './client.ts';
import { allConnected, type Load, makeFleet } from './loaded-fleet.ts';
import { alarming, envOf, expectHealthy, integrityOf, perSecond, roundOf, size, some } from './load-round.ts';
import type { Mutation } from './mutated-modules.ts';
import { fromTheStart } from './reckoning.ts';
import { startSandbox, startServer } from './server.ts';
import { canOwnCluster, describeOnStores, ownCluster } from './stores.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { startReceiver } from './webhook-receiver.ts';

const long = process.env['TEST_LONG'] === '1';
const rounds = long ? 40 : 1;
const timeout = long ? 7_200_000 : 300_000;

describeOnStores(`kill -9 under ${perSecond} messages/s`, (store) => {
  it(`loses nothing and doubles nothing, ${rounds * 5} times`, { timeout }, async () => {
    await using network = await startSandbox();
    await using receiver = await startReceiver();
    await using folder = await temporaryFolder();
    const start = () => startServer({ store, env: envOf(network), dataDir: folder.path });
    let server = await start();
    try {
      const fleet = await makeFleet(connect(server), network, receiver, size);
      const position = fromTheStart();
      const strike = async (load: Load): Promise<void> => {
        for (let kill = 0; kill < 5; kill += 1) {
          await load.goesOnFor(some());
          await server.kill();
          expect(server.output()).not.toMatch(alarming);
          server = await start();
          await allConnected(fleet, connect(server));
        }
      };
      for (let round = 0; round < rounds; round += 1) {
        const name = `round ${round}`;
        expect(await roundOf(fleet, () => connect(server), { name, position, strike })).toEqual([]);
      }
      await expectHealthy(fleet, connect(server));
      expect(await server.stop()).toBe(0);
      expect(server.output()).not.toMatch(alarming);
      if (store === 'sqlite') expect(integrityOf(folder.path)).toEqual(['ok']);
    } finally {
      await server[Symbol.asyncDispose]();
    }
  });
});

describe.skipIf(!canOwnCluster)(`PostgreSQL that stops at once under ${perSecond} messages/s`, () => {
  it(`loses nothing, and the server goes on by itself, ${rounds * 4} times`, { timeout }, async () => {
    const cluster = await ownCluster();
    await using network = await startSandbox();
    await using receiver = await startReceiver();
    const env = { ...envOf(network), DATABASE_URL: await cluster.createDatabase() };
    await using server = await startServer({ store: 'sqlite', env });
    const client = connect(server);
    const fleet = await makeFleet(client, network, receiver, size);
    const position = fromTheStart();
    const strike = async (load: Load): Promise<void> => {
      for (let stop = 0; stop < 4; stop += 1) {
        await load.goesOnFor(some());
        await cluster.stop('immediate');
        // How long it is away.
        await delay(Math.random() * 1_500);
        await cluster.start();
        await allConnected(fleet, client);
      }
    };
    for (let round = 0; round < rounds; round += 1) {
      const name = `round ${round}`;
      expect(await roundOf(fleet, () => client, { name, position, strike })).toEqual([]);
    }
    await expectHealthy(fleet, client);
    expect(server.process.exitCode).toBeNull();
    expect(server.output()).not.toMatch(alarming);
  });
});

/** What each promise is kept by, taken away. */
const forgetful: Mutation[] = [
  {
    // A send is acknowledged before the commit.
    file: 'server/src/store/writer.ts',
    from: 'return new Promise((resolve, reject) => {',
    to: `const isSend = change.some((write) => write.kind === 'message.insert' && write.record.direction === 'out');
      if (isSend) {
        setTimeout(() => { queue.push({ change, resolve() {}, reject() {} }); schedule(); }, 500);
        return Promise.resolve({ committed: true, changed: change.map(() => true) });
      }
      return new Promise((resolve, reject) => {`,
  },
  {
    // Each attempt has an id of its own.
    file: 'server/src/webhooks/attempt.ts',
    from: 'signedHeaders(webhook, id, body, at)',
    to: "signedHeaders(webhook, 'evt_' + Math.random(), body, at)",
  },
];

/** What is told already stays in the journal, as after a crash, and what comes again is told as if it were new. */
const noDedupe: Mutation[] = [
  { file: 'server/src/messages/inbox.ts', from: 'return key === null ? [] :', to: 'return true ? [] :' },
  {
    file: 'server/src/store/messages.ts',
    from: 'if (before && !solved) return false;',
    to: 'if (before && !solved) return tell ? tell(before) : true;',
  },
];

const mutatedBy = (mutations: readonly Mutation[]) => ({
  NODE_OPTIONS: `--import ${join(import.meta.dirname, 'mutated-modules.ts')}`,
  MUTATIONS: JSON.stringify(mutations),
});

describe('the reckoning', () => {
  it('notices an acknowledgement before the commit, another webhook-id for each attempt, and no dedupe', {
    timeout: 180_000,
  }, async () => {
    await using network = await startSandbox();
    await using receiver = await startReceiver();
    await using folder = await temporaryFolder();
    const env = envOf(network);
    const startWith = (mutations: readonly Mutation[]) =>
      startServer({ store: 'sqlite', env: { ...env, ...mutatedBy(mutations) }, dataDir: folder.path });
    let server = await startWith([...forgetful, ...noDedupe]);
    try {
      const fleet = await makeFleet(connect(server), network, receiver, size);
      const strike = async (load: Load): Promise<void> => {
        await load.goesOnFor(60);
        await server.kill();
        server = await startWith(noDedupe);
      };
      const found = await roundOf(fleet, () => connect(server), { name: 'mutated', position: fromTheStart(), strike });
      expect(found.join('\n')).toMatch(/^accepted and 0 times in the store/m);
      expect(found.join('\n')).toMatch(/^\/all: a webhook-id that is not that of the event/m);
      expect(found.join('\n')).toMatch(/^message.received 2 times/m);
    } finally {
      await server[Symbol.asyncDispose]();
    }
  });
});
