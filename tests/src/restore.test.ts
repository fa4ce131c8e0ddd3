import { expect, it } from 'vitest';
import { type Client, connect } from './client.ts';
import { isState } from './event-kinds.ts';
import { isConnected, linkSession } from './linking.ts';
import { startSandbox, type StartedSandbox, startServer } from './server.ts';
import { describeOnStores } from './stores.ts';
import { temporaryFolder } from './temporary-folder.ts';

const long = process.env['TEST_LONG'] === '1';
const sessions = long ? 500 : 40;
/** 5 % hang at their login, 5 % are refused. */
const troubled = sessions / 20;

async function order(network: StartedSandbox, kind: string, phoneNumber: string): Promise<void> {
  const answer = await fetch(`${network.controlUrl}/sandbox/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ kind, phoneNumber }),
  });
  expect(answer.status).toBe(201);
}

/** The states that a session went through since this start of the server. */
async function back(client: Client, id: string, after: number): Promise<string[]> {
  await using events = client.follow({ sessionId: id, after });
  await events.until(isConnected, 240_000);
  return events.seen.flatMap((event) => (event.type === 'session.state_changed' ? [event.data.to] : []));
}

async function lastSeq(client: Client): Promise<number> {
  for (let last = 0; ; ) {
    const { data } = await client.call('listEvents', { query: { after: last, limit: 1_000 } });
    const newest = data.at(-1);
    if (!newest) return last;
    last = newest.seq;
  }
}

describeOnStores(`a fleet of ${sessions}`, (store) => {
  it('is shut down in time and restored, those that hang or are refused as well', { timeout: 900_000 }, async () => {
    await using network = await startSandbox();
    await using folder = await temporaryFolder();
    const env = { ...network.env, DEFAULT_NETWORK: 'sandbox', LOG_LEVEL: 'warn' };
    const linked: { id: string; phone: string }[] = [];
    let seq = 0;
    {
      await using server = await startServer({ store, env, dataDir: folder.path });
      const client = connect(server);
      for (let from = 0; from < sessions; from += 20) {
        const some = Array.from({ length: Math.min(20, sessions - from) }, (_, at) =>
          linkSession(client, `s${from + at}`),
        );
        linked.push(...(await Promise.all(some)));
      }
      seq = await lastSeq(client);
      const asked = Date.now();
      expect(await server.stop()).toBe(0);
      expect(Date.now() - asked).toBeLessThan(15_000);
    }
    const hanging = linked.slice(0, troubled);
    const refused = linked.slice(troubled, 2 * troubled);
    const healthy = linked.slice(2 * troubled);
    for (const { phone } of hanging) await order(network, 'hang', phone);
    for (const { phone } of refused) await order(network, '503', phone);
    {
      await using server = await startServer({ store, env, dataDir: folder.path });
      const client = connect(server);
      for (const states of await Promise.all(healthy.map(({ id }) => back(client, id, seq)))) {
        expect(states).not.toContain('waiting');
      }
      for (const states of await Promise.all(refused.map(({ id }) => back(client, id, seq)))) {
        expect(states).toContain('waiting');
      }
      for (const { id } of hanging)
        await client.waitForEvent(isState('waiting'), { sessionId: id, after: seq, ms: 180_000 });
      await Promise.all(hanging.map(({ id }) => back(client, id, seq)));
      const { data } = await client.call('listEvents', { query: { after: seq, types: 'session.qr', limit: 1 } });
      expect(data).toEqual([]);
    }
    // In the middle of the next restore too, an end is an end.
    await using server = await startServer({ store, env, dataDir: folder.path });
    expect(await server.stop()).toBe(0);
  });
});
