import { afterAll, beforeAll, expect, it } from 'vitest';
import { Sandbox } from './sandbox.ts';
import { Client, trust } from './testing/client.ts';
import { call } from './testing/controls.ts';

let network: Sandbox;
beforeAll(async () => {
  network = await Sandbox.create();
  trust(network);
});
afterAll(() => network.close());

it('links a client whose QR code a phone scans, and lets it in', async () => {
  await call(network, 'POST', '/sandbox/phones', { phoneNumber: '+55 (11) 98888-0001', name: 'Ana' });
  await using client = new Client(network);
  const qr = await client.qr();
  const scanned = await call(network, 'POST', '/sandbox/phones/5511988880001/scan', { qr });
  expect(scanned).toMatchObject({ status: 200, body: { device: 1, jid: '5511988880001:1@s.whatsapp.net' } });
  await client.opened();
  await client.until(() => client.auth.creds.me?.name === 'Ana', 'the name of the account');
});
