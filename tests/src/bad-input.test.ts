import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, connect } from './client.ts';
import { newPhone } from './linking.ts';
import { startServer, type StartedServer } from './server.ts';

describe('bad input', () => {
  let server: StartedServer;
  let client: Client;
  beforeAll(async () => {
    server = await startServer();
    client = connect(server);
    await client.call('createSession', { body: { name: 'taken', network: 'sandbox', start: false } });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it('answers 404 for an unknown session', async () => {
    for (const id of ['nobody', 'ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC']) {
      expect(await client.refusal('getSession', { params: { id } })).toMatchObject({
        status: 404,
        code: 'session_not_found',
      });
    }
  });

  it('answers 409 for a taken name, whatever its case', async () => {
    for (const name of ['taken', 'TAKEN', ' taken ']) {
      const refused = await client.refusal('createSession', { body: { name, network: 'sandbox' } });
      expect(refused).toMatchObject({ status: 409, code: 'session_name_taken' });
    }
  });

  it('names each field of a wrong body', async () => {
    const refused = await client.refusal('createSession', {
      body: { name: 7, engine: 'fax', start: 'maybe', colour: 'red' },
    });
    expect(refused).toMatchObject({ status: 400, code: 'validation_failed' });
    const fields = (refused.details['fields'] as { field: string; message: string }[]).map(({ field }) => field);
    for (const field of ['name', 'engine', 'start', 'colour']) expect(fields).toContain(field);
  });

  it('answers 401 without a key and with a wrong one', async () => {
    for (const key of [null, 'wrong', 'x'.repeat(5_000)]) {
      const refused = await client.withKey(key).refusal('listSessions');
      expect(refused).toMatchObject({ status: 401, code: 'unauthorized' });
    }
  });

  it('answers 409 with the state for a QR code in the wrong state', async () => {
    const refused = await client.refusal('getQr', { params: { id: 'taken' } });
    expect(refused).toMatchObject({ status: 409, code: 'qr_unavailable', details: { state: 'stopped' } });
    const code = await client.refusal('requestPairingCode', {
      params: { id: 'taken' },
      body: { phoneNumber: '5511987654321' },
    });
    expect(code).toMatchObject({ status: 409, code: 'pairing_code_unavailable', details: { state: 'stopped' } });
  });

  for (const [what, name] of [
    ['spaces only', '   '],
    ['300 characters', 'a'.repeat(300)],
    ['a path', '../etc/passwd'],
    ['two dots', '..'],
    ['NUL', 'a\0b'],
    ['an emoji', 'loja🛒'],
    ['the form of an id', 'ses_abc'],
    ['nothing', ''],
  ] as const) {
    it(`refuses a name of ${what} with a reason`, async () => {
      const refused = await client.refusal('createSession', { body: { name, network: 'sandbox' } });
      expect(refused).toMatchObject({ status: 400, code: 'validation_failed' });
      const [first] = refused.details['fields'] as { field: string; message: string }[];
      expect(first?.field).toBe('name');
      expect(first?.message).toMatch(/must|may/);
    });
  }

  it('says why a sandbox QR code cannot be scanned', async () => {
    const phone = await newPhone(client, 'Ana');
    const scan = (qr: string) => client.refusal('scanWithSandboxPhone', { params: { phone }, body: { qr } });
    expect(await scan('garbage')).toMatchObject({
      status: 422,
      code: 'sandbox_refused',
      details: { reason: 'qr_invalid' },
    });
    await client.call('createSession', { body: { name: 'twice', network: 'sandbox' } });
    const { qr } = await client.call('getQr', { params: { id: 'twice' }, query: { wait: 20 } });
    await client.call('scanWithSandboxPhone', { params: { phone }, body: { qr } });
    expect(await scan(qr)).toMatchObject({ details: { reason: 'qr_already_used' } });
  });

  it('never answers anything but JSON errors to odd requests', async () => {
    const odd: [string, string, unknown][] = [
      ['POST', '/sessions', '{"name":'],
      ['POST', '/sessions', 'null'],
      ['POST', '/sessions', '[]'],
      ['GET', '/nowhere', undefined],
      ['DELETE', '/sessions', undefined],
      ['GET', '/sessions/%00', undefined],
      ['GET', '/sessions/%E0%A4%A', undefined],
      ['GET', '/sessions?limit=-1', undefined],
      ['GET', '/sessions?cursor=%00%00', undefined],
      ['GET', '/events?after=abc', undefined],
      ['POST', '/sessions', `{"name":"${'x'.repeat(2_000_000)}"}`],
    ];
    for (const [method, path, body] of odd) {
      const { status } = await client.request(method, path, { body });
      expect([400, 404, 413], `${method} ${path}`).toContain(status);
    }
  });
});
