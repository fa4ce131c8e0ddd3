import { expect, it } from 'vitest';
import { type Client, connect } from './client.ts';
import { isConnected, type LinkedSession, linkSession, newPhone, receivedText, screenOf } from './linking.ts';
import { join } from 'node:path';
import { type StartedSandbox, startSandbox, startServer } from './server.ts';
import { describeOnStores } from './stores.ts';
import { temporaryFolder } from './temporary-folder.ts';

const sessions = 10;

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
