import type { GatewayEvent } from '@zapfleet/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, connect } from './client.ts';
import { isConnected, newPhone, receivedText, screenOf } from './linking.ts';
import { type StartedSandbox, type StartedServer, startSandbox, startServer } from './server.ts';

type Servers = { v1: string; v2: string; apiKey: string };

const isStatus = (messageId: string, status: string) => (event: GatewayEvent) =>
  event.type === 'message.status' && event.data.messageId === messageId && event.data.status === status;

/** What an operator sees who looks at the server with its own key. */
async function instancesAt(url: string, apikey: string): Promise<string[]> {
  const answer = await fetch(`${url}/instance/fetchInstances`, { headers: { apikey } });
  const rows = (await answer.json()) as { name?: string; instance?: { instanceName: string } }[];
  return rows.map(({ name, instance }) => name ?? instance?.instanceName ?? '');
}

/** The main job through instances on Evolution API servers, of both generations, by the public door. */
describe.each(['v1', 'v2'] as const)('sessions on an Evolution API server, generation %s', (generation) => {
  let sandbox: StartedSandbox;
  let server: StartedServer;
  let client: Client;
  let remote: Servers;
  beforeAll(async () => {
    sandbox = await startSandbox();
    remote = (await (await fetch(`${sandbox.controlUrl}/sandbox/evolution`)).json()) as Servers;
    server = await startServer({
      env: {
        ...{ ...sandbox.env, DEFAULT_ENGINE: 'evolution' },
        ...{ EVOLUTION_URL: remote[generation], EVOLUTION_API_KEY: remote.apiKey },
      },
    });
    client = connect(server);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await sandbox[Symbol.asyncDispose]();
  });

  const instances = () => instancesAt(remote[generation], remote.apiKey);

  async function linked(name: string, events: ReturnType<Client['follow']>): Promise<{ id: string; phone: string }> {
    const { id } = await client.call('createSession', { body: { name } });
    return { id, phone: await scanned(id, name, events) };
  }

  async function scanned(id: string, owner: string, events: ReturnType<Client['follow']>): Promise<string> {
    const { qr } = await client.call('getQr', { params: { id }, query: { wait: 30 } });
    const phone = await newPhone(client, owner);
    await client.call('scanWithSandboxPhone', { params: { phone }, body: { qr } });
    await events.until((event) => isConnected(event) && event.session.id === id);
    return phone;
  }

  it('link, write, hear, and are logged out, linked again and deleted, each with its receipt', {
    timeout: 120_000,
  }, async () => {
    await using events = client.follow();
    const { id, phone: ana } = await linked('shop', events);
    const shop = { params: { id } };
    expect(await client.call('getSession', shop)).toMatchObject({
      ...{ engine: 'evolution', state: 'connected', linked: true, account: { phoneNumber: ana } },
    });
    expect(await instances()).toEqual([expect.stringMatching(new RegExp(`^zapfleet-[0-9a-f]{8}-${id}-1$`))]);

    const bia = await newPhone(client, 'Bia');
    const sent = await client.call('sendMessage', { ...shop, body: { to: bia, text: 'Olá' } });
    expect(await screenOf(client, bia)).toMatchObject([{ id: sent.waId, text: 'Olá', from: ana }]);
    await client.call('writeFromSandboxPhone', { params: { phone: bia }, body: { to: ana, text: 'Oi!' } });
    expect((await events.until(receivedText('Oi!'))).data).toMatchObject({
      message: { direction: 'in', from: { phoneNumber: bia, resolved: true } },
    });
    await screenOf(client, bia, true);
    await events.until(isStatus(sent.id, 'read'));
    const picture = { to: bia, type: 'image', media: { base64: 'QUFB', mimetype: 'image/png' } };
    const refused = await client.refusal('sendMessage', { ...shop, body: picture });
    expect(refused).toMatchObject({ status: 501, code: 'not_supported_by_engine' });

    const logout = await client.call('logoutSession', shop);
    expect(logout).toMatchObject({ unlinked: 'confirmed' });
    expect((await client.call('getSandboxPhone', { params: { phone: ana } })).devices).toEqual([]);
    await client.call('startSession', shop);
    await scanned(id, 'Ana again', events);
    expect(await instances()).toEqual([expect.stringMatching(/-2$/)]);

    const receipt = await client.call('deleteSession', shop);
    expect(receipt).toMatchObject({ unlinked: 'confirmed' });
    expect(receipt.steps).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'remove_remote', outcome: 'done', detail: '1 instance' }),
        expect.objectContaining({ name: 'verify_remote', outcome: 'done' }),
      ]),
    );
    expect(await instances()).toEqual([]);
    const told = JSON.stringify(events.seen);
    expect(told).not.toContain(remote.apiKey);
    expect(server.output()).not.toContain(remote.apiKey);
  });
});
