import { setTimeout as delay } from 'node:timers/promises';
import type { SessionId } from '@zapfleet/contract';
import { expect, it } from 'vitest';
import { type CallAnswer, type Client, connect } from './client.ts';
import { type LinkedSession, linkSession, newPhone } from './linking.ts';
import { eventually } from './polling.ts';
import { type StartedSandbox, startSandbox, startServer } from './server.ts';
import { placesThatName } from './stored-rows.ts';
import { describeOnStores } from './stores.ts';
import { temporaryFolder } from './temporary-folder.ts';

const long = process.env['TEST_LONG'] === '1';
const rounds = long ? 50 : 5;
const LATEST_KILL_MS = 300;

const deleteSteps = [
  'logout',
  'close_engine',
  'wipe_credentials',
  'remove_remote',
  'verify_remote',
  'remove_files',
  'remove_rows',
];
const logoutSteps = deleteSteps.slice(0, 3);

type Receipt = CallAnswer<'getReceipt'>;

/** The receipt once no step of it is pending; null where the call had not come through before the crash. */
function wholeReceipt(client: Client, id: SessionId): Promise<Receipt | null> {
  return eventually(async () => {
    const { status, body } = await client.request('GET', `/sessions/${id}/receipt`);
    if (status === 404) return null;
    const receipt = body as Receipt;
    expect(receipt.steps.map(({ outcome }) => outcome)).not.toContain('pending');
    return receipt;
  });
}

async function devicesOf(client: Client, phone: string): Promise<number> {
  return (await client.call('getSandboxPhone', { params: { phone } })).devices.length;
}

/** Past the server, which may be about to die: everything that the network says to this phone's devices comes later. */
async function slowDown(network: StartedSandbox, phoneNumber: string): Promise<void> {
  const answer = await fetch(`${network.controlUrl}/sandbox/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'slow', ms: 200, phoneNumber }),
  });
  expect(answer.status).toBe(201);
}

function expectWhole(receipt: Receipt, sessionId: SessionId, steps: readonly string[]): void {
  expect(receipt.sessionId).toBe(sessionId);
  expect(receipt.steps.map(({ name }) => name)).toEqual(steps);
  expect(receipt.steps.map(({ outcome }) => outcome)).not.toContain('failed');
  expect(receipt.unlinked).toBe('confirmed');
}

describeOnStores('kill -9 during a delete', (store) => {
  it(`lets the next start finish it, ${rounds} times`, { timeout: long ? 3_600_000 : 300_000 }, async () => {
    await using network = await startSandbox();
    await using folder = await temporaryFolder();
    const start = () => startServer({ store, env: { ...network.env, LOG_LEVEL: 'warn' }, dataDir: folder.path });
    const deleted: SessionId[] = [];
    let interrupted = 0;
    let server = await start();
    try {
      let client = connect(server);
      const friend = await newPhone(client, 'Friend');
      const owners: LinkedSession[] = [];

      for (let round = 0; round < rounds; round += 1) {
        const fresh = await Promise.all(
          ['quick', 'slow', 'kept'].map(async (name) => {
            const session = await linkSession(client, `${name}-${round}`);
            await client.call('sendMessage', { params: { id: session.id }, body: { to: friend, text: 'hello' } });
            return session;
          }),
        );
        const [quick, slow, kept] = fresh as [LinkedSession, LinkedSession, LinkedSession];
        owners.push(...fresh);
        await slowDown(network, slow.phone);

        const killAfterMs = Math.round(((round + Math.random()) / rounds) * LATEST_KILL_MS);
        const unanswered: string[] = [];
        const note = (name: string) => () => {
          unanswered.push(name);
        };
        const calls = [
          client.call('deleteSession', { params: { id: quick.id } }).catch(note('quick')),
          client.call('deleteSession', { params: { id: slow.id } }).catch(note('slow')),
          client.call('logoutSession', { params: { id: kept.id } }).catch(note('kept')),
        ];
        await delay(killAfterMs);
        await server.kill();
        await Promise.all(calls);
        console.log(`killed ${killAfterMs} ms after the calls; without an answer: ${unanswered.join(', ') || 'none'}`);

        server = await start();
        client = connect(server);
        for (const one of [quick, slow]) {
          const receipt = await wholeReceipt(client, one.id);
          if (receipt) {
            if (unanswered.includes(one.name.split('-')[0] ?? '')) interrupted += 1;
            expectWhole(receipt, one.id, deleteSteps);
          } else {
            // It never came through, so all is as it was, and it can be called again.
            await client.waitForEvent(({ type }) => type === 'session.connected', { sessionId: one.id });
            expect((await client.call('deleteSession', { params: { id: one.id } })).unlinked).toBe('confirmed');
          }
          expect((await client.refusal('getSession', { params: { id: one.id } })).code).toBe('session_not_found');
          expect(await devicesOf(client, one.phone)).toBe(0);
          deleted.push(one.id);
          const next = await client.call('createSession', {
            body: { name: one.name, network: 'sandbox', start: false },
          });
          expect(next).toMatchObject({ name: one.name, linked: false, state: 'stopped' });
          await client.call('deleteSession', { params: { id: next.id } });
          deleted.push(next.id);
        }
        const receipt = await wholeReceipt(client, kept.id);
        if (receipt) {
          expectWhole(receipt, kept.id, logoutSteps);
          expect(await devicesOf(client, kept.phone)).toBe(0);
        }
        const session = await client.call('getSession', { params: { id: kept.id } });
        expect(session).toMatchObject({ name: kept.name, linked: !receipt, desired: receipt ? 'stopped' : 'running' });
      }

      expect(await server.stop()).toBe(0);
      expect(await placesThatName(deleted, folder.path)).toEqual([]);
      console.log(`${interrupted} of ${rounds * 2} deletes were interrupted and ended by themselves`);
      expect(interrupted).toBeGreaterThan(0);
      expect(server.output()).not.toMatch(/unhandled|left without its session/i);
    } finally {
      await server[Symbol.asyncDispose]();
    }
  });
});
