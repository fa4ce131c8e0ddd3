import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Sandbox } from './sandbox.ts';

type Told = { event: string; instance: string; data: Record<string, unknown> };
type Answer = { status: number; body: Record<string, never> & { [key: string]: never } };

let net: Sandbox;
let told: Told[] = [];
const waiters = new Set<() => void>();
let hook: string;
const receiver = createServer((request, response) => {
  let text = '';
  request.on('data', (chunk) => (text += String(chunk)));
  request.on('end', () => {
    told.push(JSON.parse(text) as Told);
    response.end();
    for (const look of [...waiters]) look();
  });
});

beforeAll(async () => {
  net = await Sandbox.create();
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
});
afterAll(async () => {
  await net.close();
  receiver.close();
});
beforeEach(() => {
  told = [];
});

async function call(method: string, path: string, body?: object, key = net.evolutionKey): Promise<Answer> {
  const response = await fetch(`${net.controlUrl}${path}`, {
    method,
    headers: { apikey: key, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

const v2 = (method: string, path: string, body?: object, key?: string) =>
  call(method, `/evolution/v2${path}`, body, key);
const v1 = (method: string, path: string, body?: object) => call(method, `/evolution/v1${path}`, body);

async function hear(event: string, matches: (data: Told['data']) => boolean = () => true): Promise<Told> {
  const find = () => told.find((one) => one.event === event && matches(one.data));
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`never told of ${event}: ${JSON.stringify(told)}`)), 40_000);
    const look = () => {
      if (!find()) return;
      clearTimeout(timer);
      waiters.delete(look);
      resolve();
    };
    waiters.add(look);
    look();
  });
  return find() as Told;
}

/** Others that were linked before may come back at the same time, after a restart. */
const opened = (name: string) =>
  hear('connection.update', ({ instance, state }) => instance === name && state === 'open');

const phone = async (name: string) =>
  (await call('POST', '/sandbox/phones', { name })).body as unknown as { phoneNumber: string };

async function linkedV2(name: string, owner: { phoneNumber: string }): Promise<string> {
  const webhook = { enabled: true, url: hook, byEvents: false, base64: false, events: [] };
  const made = await v2('POST', '/instance/create', {
    ...{ instanceName: name, integration: 'WHATSAPP-BAILEYS', qrcode: true, webhook },
  });
  expect(made).toMatchObject({ status: 201, body: { instance: { status: 'connecting' }, qrcode: { count: 1 } } });
  const { code } = made.body['qrcode'] as unknown as { code: string };
  await call('POST', `/sandbox/phones/${owner.phoneNumber}/scan`, { qr: code });
  await opened(name);
  return made.body['hash'] as unknown as string;
}

describe('an Evolution API server, 2.3', () => {
  test('links an instance to a phone, carries texts both ways and tells what becomes of them', async () => {
    const [ana, bob] = [await phone('Ana'), await phone('Bob')];
    await linkedV2('both-ways', ana);
    expect(await v2('GET', '/instance/connectionState/both-ways')).toMatchObject({
      body: { instance: { state: 'open' } },
    });
    const sent = await v2('POST', '/message/sendText/both-ways', { number: bob.phoneNumber, text: 'oi Bob' });
    expect(sent).toMatchObject({
      status: 201,
      body: { status: 'PENDING', message: { conversation: 'oi Bob' }, key: { fromMe: true } },
    });
    const { id } = sent.body['key'] as unknown as { id: string };
    await hear('messages.update', (data) => data['keyId'] === id && data['status'] === 'DELIVERY_ACK');
    await call('POST', `/sandbox/phones/${bob.phoneNumber}/messages`, { to: ana.phoneNumber, text: 'oi Ana' });
    expect((await hear('messages.upsert')).data).toMatchObject({
      key: { fromMe: false, remoteJid: `${bob.phoneNumber}@s.whatsapp.net` },
      pushName: 'Bob',
      message: { conversation: 'oi Ana' },
      messageType: 'conversation',
    });
    const found = await v2('POST', '/chat/findMessages/both-ways', { where: {} });
    expect(found.body).toMatchObject({
      messages: { total: 2, records: [{ message: { conversation: 'oi Ana' } }, {}] },
    });
  });

  test('makes a code to type only for a client that starts with a number', async () => {
    const ana = await phone('Ana');
    await v2('POST', '/instance/create', { instanceName: 'typed', integration: 'WHATSAPP-BAILEYS', qrcode: true });
    const connect = () => v2('GET', `/instance/connect/typed?number=${ana.phoneNumber}`);
    expect((await connect()).body).toMatchObject({ count: 1, pairingCode: null });
    await v2('DELETE', '/instance/delete/typed');
    const webhook = { enabled: true, url: hook, byEvents: false, base64: false, events: [] };
    const again = { instanceName: 'typed', integration: 'WHATSAPP-BAILEYS', webhook };
    await expect.poll(async () => (await v2('POST', '/instance/create', again)).status).toBe(201);
    const { pairingCode: code } = (await connect()).body as unknown as { pairingCode: string };
    expect(code).toMatch(/^[A-Z0-9]{8}$/);
    await call('POST', `/sandbox/phones/${ana.phoneNumber}/link-code`, { code });
    await opened('typed');
  });

  test('tells an instance that its phone unlinked that it is closed, and shows a new code when it is asked for one', async () => {
    const ana = await phone('Ana');
    await linkedV2('unlinked', ana);
    await call('DELETE', `/sandbox/phones/${ana.phoneNumber}/devices/all`);
    await hear('connection.update', (data) => data['state'] === 'close' && data['statusReason'] === 401);
    expect(await v2('GET', '/instance/connect/unlinked')).toMatchObject({ body: { count: 2 } });
  });

  test('logs an instance out, and answers a delete before the name is free', async () => {
    const ana = await phone('Ana');
    await linkedV2('goes', ana);
    expect(await v2('DELETE', '/instance/logout/goes')).toMatchObject({ status: 200, body: { status: 'SUCCESS' } });
    const { devices } = (await call('GET', `/sandbox/phones/${ana.phoneNumber}`)).body as unknown as { devices: [] };
    expect(devices).toEqual([]);
    expect(await v2('DELETE', '/instance/logout/goes')).toMatchObject({ status: 400 });
    expect(await v2('DELETE', '/instance/delete/goes')).toMatchObject({ status: 200 });
    expect(await v2('GET', '/instance/connectionState/goes')).toMatchObject({ status: 404 });
    const again = { instanceName: 'goes', integration: 'WHATSAPP-BAILEYS' };
    expect(await v2('POST', '/instance/create', again)).toMatchObject({
      status: 403,
      body: { response: { message: ['This name "goes" is already in use.'] } },
    });
    await expect.poll(async () => (await v2('POST', '/instance/create', again)).status).toBe(201);
  });

  test('takes its own key and that of the instance, each for what is theirs', async () => {
    const made = { instanceName: 'keys', integration: 'WHATSAPP-BAILEYS', token: 'of-keys' };
    expect((await v2('POST', '/instance/create', made)).body).toMatchObject({ hash: 'of-keys' });
    await v2('POST', '/instance/create', { ...made, instanceName: 'others', token: 'of-others' });
    expect((await v2('GET', '/instance/fetchInstances', undefined, 'wrong')).status).toBe(401);
    expect((await v2('GET', '/instance/connectionState/keys', undefined, 'of-keys')).status).toBe(200);
    expect((await v2('GET', '/instance/connectionState/keys', undefined, 'of-others')).status).toBe(401);
    const own = (await v2('GET', '/instance/fetchInstances', undefined, 'of-keys')).body as unknown as object[];
    expect(own).toMatchObject([{ name: 'keys', token: 'of-keys', connectionStatus: 'close' }]);
    expect(own).toHaveLength(1);
  });

  test('goes on with its instances after a restart, without a new scan', async () => {
    const [ana, bob] = [await phone('Ana'), await phone('Bob')];
    await linkedV2('survivor', ana);
    told = [];
    expect(await call('POST', '/sandbox/evolution/faults', { kind: 'restart' })).toMatchObject({ status: 201 });
    await opened('survivor');
    await call('POST', `/sandbox/phones/${bob.phoneNumber}/messages`, { to: ana.phoneNumber, text: 'still there?' });
    expect((await hear('messages.upsert')).data).toMatchObject({ message: { conversation: 'still there?' } });
  });
});

describe('an Evolution API server, 1.8', () => {
  test('spells everything otherwise, and does the same', async () => {
    const [ana, bob] = [await phone('Ana'), await phone('Bob')];
    const made = await v1('POST', '/instance/create', { instanceName: 'old', qrcode: true, webhook: hook });
    expect(made.body).toMatchObject({
      instance: { status: 'created' },
      hash: { apikey: expect.any(String) as string },
    });
    const { code } = made.body['qrcode'] as unknown as { code: string };
    await call('POST', `/sandbox/phones/${ana.phoneNumber}/scan`, { qr: code });
    await opened('old');
    expect((await v1('POST', '/message/sendText/old', { number: bob.phoneNumber, text: 'no' })).status).toBe(400);
    const sent = { number: bob.phoneNumber, textMessage: { text: 'from 1.8' } };
    expect((await v1('POST', '/message/sendText/old', sent)).status).toBe(201);
    expect((await v1('GET', '/instance/fetchInstances?instanceName=old')).body).toMatchObject({
      instance: { instanceName: 'old', status: 'open', owner: `${ana.phoneNumber}@s.whatsapp.net` },
    });
    expect((await v1('DELETE', '/instance/delete/old')).status).toBe(400);
    expect((await v1('DELETE', '/instance/logout/old')).status).toBe(200);
    expect((await v1('DELETE', '/instance/delete/old')).status).toBe(200);
  });
});

describe('what is wrong with it on purpose', () => {
  const fault = (body: object) => call('POST', '/sandbox/evolution/faults', body);
  const create = (instanceName: string) =>
    v2('POST', '/instance/create', { instanceName, integration: 'WHATSAPP-BAILEYS' });

  test('happens as often as it was ordered', async () => {
    await fault({ kind: 'license', times: 1 });
    expect(await v2('GET', '/instance/fetchInstances')).toMatchObject({
      status: 503,
      body: { error: 'LICENSE_REQUIRED' },
    });
    await fault({ kind: 'name_in_use', times: 1 });
    expect((await create('faulty')).status).toBe(403);
    expect((await create('faulty')).status).toBe(201);
    await fault({ kind: 'delete_leaves', times: 1 });
    expect((await v2('DELETE', '/instance/delete/faulty')).status).toBe(200);
    expect((await v2('GET', '/instance/connectionState/faulty')).status).toBe(200);
    await fault({ kind: 'instance_lost', instance: 'faulty' });
    expect((await v2('GET', '/instance/connectionState/faulty')).status).toBe(404);
    await fault({ kind: 'unreachable', times: 1 });
    await expect(v2('GET', '/instance/fetchInstances')).rejects.toThrow();
    await fault({ kind: 'garbage' });
    const garbage = await fetch(`${net.controlUrl}/evolution/v2/instance/fetchInstances`);
    expect(await garbage.text()).toContain('<html>');
    await call('DELETE', '/sandbox/evolution/faults');
    expect((await v2('GET', '/instance/fetchInstances')).status).toBe(200);
  });
});
