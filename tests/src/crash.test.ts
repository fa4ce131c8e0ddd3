import { expect, it } from 'vitest';
import { type Client, connect } from './client.ts';
import { isConnected, type LinkedSession, linkSession, newPhone, receivedText, screenOf } from './linking.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type StartedSandbox, startSandbox, startServer } from './server.ts';
import { describeOnStores } from './stores.ts';

const long = process.env['TEST_LONG'] === '1';
const sessions = 10;
const kills = long ? 200 : 5;

async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'zapfleet-crash-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Resolves when the session was connected for the second time of its life. */
async function connectedAgain(client: Client, sessionId: string): Promise<void> {
  await using events = client.follow({ sessionId });
  await events.until(isConnected);
  await events.until(isConnected, 60_000);
}

/** A phone writes past the server under test, which may be dead. */
async function writeFrom(network: StartedSandbox, phone: string, to: string, text: string): Promise<void> {
  const answer = await fetch(`${network.controlUrl}/sandbox/phones/${phone}/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ to, text }),
  });
  expect(answer.status).toBe(201);
}

/** Texts that the log has received, per session, in its order. */
async function receivedTexts(client: Client, sessionId: string): Promise<string[]> {
  const texts: string[] = [];
  for (let after = 0; ; ) {
    const { data } = await client.call('listEvents', {
      query: { after, sessionId, types: 'message.received', limit: 1_000 },
    });
    for (const event of data) {
      if (event.type === 'message.received' && event.data.message.content.type === 'text')
        texts.push(event.data.message.content.text);
    }
    const last = data.at(-1);
    if (!last) return texts;
    after = last.seq;
  }
}

describeOnStores('kill -9', (store) => {
  it('brings every session back by itself, and tells each message once and in order', {
    timeout: 600_000,
  }, async () => {
    await using network = await startSandbox();
    await using folder = await temporaryFolder();
    const start = () =>
      startServer({ store, env: { ...network.env, DEFAULT_NETWORK: 'sandbox' }, dataDir: folder.path });
    let server = await start();
    try {
      let client = connect(server);
      const linked = await Promise.all(Array.from({ length: sessions }, (_, at) => linkSession(client, `s${at}`)));
      const friend = await newPhone(client, 'Friend');
      const expected = new Map<string, string[]>(linked.map(({ id }) => [id, []]));
      const accepted: string[] = [];

      const writeTo = (to: string, text: string) => writeFrom(network, friend, to, text);

      for (let round = 0; round < kills; round += 1) {
        // Traffic both ways runs on while the server dies; what the phone wrote must arrive, what was accepted must leave.
        const dies = server.kill();
        const traffic = linked.map(async ({ id, phone }) => {
          const text = `${id} round ${round}`;
          const sending = client
            .call('sendMessage', { params: { id }, query: { wait: 0 }, body: { to: friend, text: `out ${text}` } })
            .then(() => accepted.push(`out ${text}`))
            .catch(() => undefined);
          for (const part of ['a', 'b']) {
            await writeTo(phone, `${text} ${part}`);
            expected.get(id)?.push(`${text} ${part}`);
          }
          await sending;
        });
        await Promise.all([dies, ...traffic]);
        server = await start();
        client = connect(server);
        for (const { id, phone } of linked) {
          await writeTo(phone, `${id} round ${round} end`);
          expected.get(id)?.push(`${id} round ${round} end`);
          await client.waitForEvent(receivedText(`${id} round ${round} end`), { sessionId: id, ms: 60_000 });
        }
      }

      for (const { id, phone } of linked) {
        expect(await receivedTexts(client, id)).toEqual(expected.get(id));
        const session = await client.call('getSession', { params: { id } });
        expect(session).toMatchObject({ state: 'connected', linked: true, account: { phoneNumber: phone } });
        const { data: unread } = await client.call('listEvents', {
          query: { sessionId: id, types: 'session.qr', limit: 1_000 },
        });
        expect(unread.length).toBe(1); // the one of its pairing: nobody had to scan again
      }
      const shown = (await screenOf(client, friend)).filter(({ from }) => from !== friend).map(({ text }) => text);
      expect(shown.toSorted()).toEqual([...new Set(shown)].toSorted());
      for (const text of accepted) expect(shown).toContain(text);
      expect(server.output()).not.toMatch(/Bad MAC|MessageCounterError|No session/i);
    } finally {
      await server[Symbol.asyncDispose]();
    }
  });

  it('does not lose a message whose receipt was sent, and tells it once', { timeout: 120_000 }, async () => {
    await using network = await startSandbox();
    await using folder = await temporaryFolder();
    const env = { ...network.env, DEFAULT_NETWORK: 'sandbox' };
    let owner: LinkedSession;
    let friend: string;
    {
      await using server = await startServer({ store, env, dataDir: folder.path });
      const client = connect(server);
      owner = await linkSession(client, 'shop');
      friend = await newPhone(client, 'Friend');
    }
    {
      const dieBeforeDispatch = join(import.meta.dirname, 'die-before-dispatch.ts');
      await using server = await startServer({
        store,
        env: { ...env, NODE_OPTIONS: `--import=${dieBeforeDispatch}` },
        dataDir: folder.path,
      });
      const client = connect(server);
      await connectedAgain(client, owner.id);
      await writeFrom(network, friend, owner.phone, 'the last words');
      expect(await server.ended).toBeNull();
    }
    const shown = (await (await fetch(`${network.controlUrl}/sandbox/phones/${friend}/messages`)).json()) as {
      data: { text: string; status: string }[];
    };
    expect(shown.data).toMatchObject([{ text: 'the last words', status: 'delivered' }]);
    await using server = await startServer({ store, env, dataDir: folder.path });
    const client = connect(server);
    await client.waitForEvent(receivedText('the last words'), { sessionId: owner.id });
    await writeFrom(network, friend, owner.phone, 'and on');
    await client.waitForEvent(receivedText('and on'), { sessionId: owner.id });
    expect(await receivedTexts(client, owner.id)).toEqual(['the last words', 'and on']);
  });

  it('finds the same phones again when the sandbox inside the server died with it', { timeout: 300_000 }, async () => {
    await using folder = await temporaryFolder();
    let server = await startServer({ store, dataDir: folder.path });
    try {
      let client = connect(server);
      const linked = await Promise.all(Array.from({ length: sessions }, (_, at) => linkSession(client, `s${at}`)));
      await server.kill();
      server = await startServer({ store, dataDir: folder.path });
      client = connect(server);
      for (const { id } of linked) {
        await connectedAgain(client, id);
      }
      const friend = await newPhone(client, 'Friend');
      for (const { id, phone } of linked) {
        await client.call('writeFromSandboxPhone', {
          params: { phone: friend },
          body: { to: phone, text: `to ${id}` },
        });
        await client.waitForEvent(receivedText(`to ${id}`), { sessionId: id });
        await client.call('sendMessage', { params: { id }, body: { to: friend, text: `from ${id}` } });
      }
      expect((await screenOf(client, friend)).filter(({ text }) => text?.startsWith('from'))).toHaveLength(sessions);
      const { data: phones } = await client.call('listSandboxPhones');
      expect(phones.length).toBe(sessions + 1);
      const { data: sessionsNow } = await client.call('listSessions', { query: { state: 'connected' } });
      expect(sessionsNow.length).toBe(sessions);
    } finally {
      await server[Symbol.asyncDispose]();
    }
  });
});
