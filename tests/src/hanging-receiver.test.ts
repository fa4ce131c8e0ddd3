/** One receiver takes every call and never answers; the others must not notice. */
import { describe, expect, it } from 'vitest';
import { connect } from './client.ts';
import { figuresOf, withGarbageCollector } from './figures.ts';
import { type LinkedSession, linkSession, newPhone } from './linking.ts';
import { startSandbox, startServer } from './server.ts';
import { startReceiver } from './webhook-receiver.ts';

const long = process.env['TEST_LONG'] === '1';
const healthy = long ? 99 : 6;
const turns = long ? 102 : 60;
/** Written at one moment: the measure is what the hanging one costs, and not how long a queue of theirs takes. */
const AT_ONCE = 10;

describe(`a receiver that hangs with ${healthy * turns} deliveries, beside ${healthy} that answer`, () => {
  it('delays none of theirs, and its own are kept without filling the memory', {
    timeout: long ? 1_800_000 : 180_000,
  }, async () => {
    await using network = await startSandbox();
    await using receiver = await startReceiver();
    await using server = await startServer({
      env: { ...network.env, ...withGarbageCollector, WEBHOOK_ALLOW_PRIVATE: '127.0.0.1', LOG_LEVEL: 'warn' },
    });
    const client = connect(server);
    const sessions: LinkedSession[] = [];
    for (let from = 0; from < healthy; from += 20) {
      const some = Array.from({ length: Math.min(20, healthy - from) }, (_, at) =>
        linkSession(client, `s${from + at}`),
      );
      sessions.push(...(await Promise.all(some)));
    }
    // More chats than one lane has attempts at a time.
    const friends = await Promise.all(Array.from({ length: 4 }, (_, at) => newPhone(client, `Friend ${at}`)));
    const hook = (path: string, sessionId?: string) =>
      client.call('createWebhook', {
        body: { url: `${receiver.url}${path}`, events: ['message.received'], ...(sessionId && { sessionId }) },
      });
    const { id: hanging } = await hook('/hangs');
    for (const { id } of sessions) await hook('/answers', id);
    const delays: number[] = [];
    receiver.behave = ({ path, at, event }) => {
      if (path === '/hangs') return undefined;
      delays.push(at - Date.parse(event.occurredAt));
      return 200;
    };
    const before = await figuresOf(server, client);
    let written = 0;
    for (let turn = 1; turn <= turns; turn += 1) {
      for (let at = 0; at < healthy; at += AT_ONCE) {
        const some = sessions.slice(at, at + AT_ONCE);
        const messages = some.map(({ phone }) => {
          return { from: friends[turn % friends.length], to: phone, text: `turn ${turn}` };
        });
        const answer = await fetch(`${network.controlUrl}/sandbox/messages`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ messages }),
        });
        expect(answer.status).toBe(201);
        written += some.length;
        await receiver.until(() => delays.length === written, 10_000);
      }
    }
    const after = await figuresOf(server, client);
    const p99 = delays.toSorted((a, b) => a - b)[Math.floor(delays.length * 0.99)] ?? Infinity;
    console.log(JSON.stringify({ healthy, queued: healthy * turns, p99, before, after }));

    let waiting = 0;
    for (let cursor: string | undefined; ; ) {
      const query = { status: 'pending' as const, limit: 1_000, ...(cursor !== undefined && { cursor }) };
      const page = await client.call('listDeliveries', { params: { id: hanging }, query });
      waiting += page.data.length;
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect(waiting).toBe(healthy * turns);
    expect(receiver.calls.filter(({ path }) => path === '/hangs').length).toBeLessThan(waiting);
    if (long) expect(p99).toBeLessThan(2_000);
    expect(after.rssMb - before.rssMb).toBeLessThan(100);
  });
});
