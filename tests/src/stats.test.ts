import { expect, it } from 'vitest';
import { type Client, connect } from './client.ts';
import { isType } from './event-kinds.ts';
import { linkSession, newPhone, receivedText } from './linking.ts';
import { eventually } from './polling.ts';
import { startServer } from './server.ts';
import { describeOnStores } from './stores.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { startReceiver } from './webhook-receiver.ts';

describeOnStores('the statistics', (store) => {
  it('tell what sessions did, and the same after kill -9', { timeout: 120_000 }, async () => {
    await using receiver = await startReceiver();
    receiver.behave = ({ path }) => (path === '/gone' ? 410 : 200);
    await using folder = await temporaryFolder();
    const start = () => startServer({ store, env: { WEBHOOK_ALLOW_PRIVATE: '127.0.0.1' }, dataDir: folder.path });
    let server = await start();
    try {
      let client = connect(server);
      for (const [path, type] of [
        ['/all', 'message.received'],
        ['/gone', 'session.connected'],
      ] as const) {
        await client.call('createWebhook', { body: { url: `${receiver.url}${path}`, events: [type] } });
      }
      const shop = await linkSession(client, 'shop');
      const friend = await newPhone(client, 'Friend');
      const write = async (text: string) => {
        await client.call('writeFromSandboxPhone', { params: { phone: friend }, body: { to: shop.phone, text } });
        await client.waitForEvent(receivedText(text), { sessionId: shop.id });
      };
      for (const text of ['one', 'two', 'three']) await write(text);
      for (const text of ['four', 'five']) {
        const sent = await client.answer('sendMessage', { params: { id: shop.id }, body: { to: friend, text } });
        expect(sent.status).toBe(201);
      }
      const never = await client.call('createSession', { body: { name: 'never', network: 'sandbox' } });
      await client.waitForEvent(isType('session.qr'), { sessionId: never.id });
      // One that WhatsApp refuses has failed; who stops a linking changed his mind.
      const fault = { kind: 'error', sessionId: never.id, phase: 'pairing', code: 401 } as const;
      await client.call('createSandboxFault', { body: fault });
      await client.waitForEvent(isType('session.failed'), { sessionId: never.id });
      await client.call('clearSandboxFaults');
      await client.call('startSession', { params: { id: never.id } });
      await client.call('getQr', { params: { id: never.id }, query: { wait: 20 } });
      await client.call('stopSession', { params: { id: never.id } });

      const of = async (from: Client, received: number) => {
        const found = await from.call('getStats', { query: { minutes: 60 } });
        // What became of a delivery is known a moment after it has arrived.
        expect(found.total.webhooks).toMatchObject({ delivered: received, failedAttempts: 1, dead: 1 });
        return found;
      };
      const before = await eventually(() => of(client, 3));
      expect(before.total).toMatchObject({
        sessions: { count: 2, byState: { connected: 1, stopped: 1 } },
        messages: { in: 3, out: 2, failed: 0 },
        pairings: { succeeded: 1, failed: 1, successRate: 0.5 },
      });
      const sum = (name: 'in' | 'out') => before.series?.reduce((total, { messages }) => total + messages[name], 0);
      expect([before.series?.length, sum('in'), sum('out')]).toEqual([60, 3, 2]);
      expect(before.data).toMatchObject([
        { sessionId: shop.id, name: 'shop', messages: { in: 3, out: 2 }, pairings: { succeeded: 1, failed: 0 } },
        { sessionId: never.id, name: 'never', state: 'stopped', pairings: { succeeded: 0, failed: 1 } },
      ]);

      // What was not asked for since it happened: nothing of it may have been stored as a figure.
      for (const text of ['six', 'seven']) await write(text);
      await server.kill();
      server = await start();
      client = connect(server);
      const after = await eventually(() => of(client, 5));
      expect(after.total).toMatchObject({ messages: { in: 5, out: 2, failed: 0 }, pairings: before.total.pairings });
      expect(after.data).toMatchObject([{ messages: { in: 5, out: 2 } }, { messages: { in: 0 } }]);
    } finally {
      await server[Symbol.asyncDispose]();
    }
  });
});
