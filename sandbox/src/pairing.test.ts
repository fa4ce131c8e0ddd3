import { generateKeyPair, verify } from '@zapfleet/curve';
import { proto } from 'baileys/WAProto/index.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from './sandbox.ts';
import { Client, trust } from './testing/client.ts';
import { call, linked, newPhone, scan } from './testing/controls.ts';
import { issueChain } from './wire/certificate.ts';

let network: Sandbox;
let now = Date.now();
beforeAll(async () => {
  network = await Sandbox.create({ clock: { now: () => now } });
  trust(network);
});
afterAll(() => network.close());

describe('a QR code', () => {
  it('that a phone scans links the client and lets it in with its name, number and LID', async () => {
    const ana = await newPhone(network, 'Ana', { phoneNumber: '+55 (11) 98888-0001', owner: 'ten_1' });
    await using client = new Client(network);
    const scanned = await scan(network, ana, await client.qr());
    expect(scanned).toMatchObject({ status: 200, body: { device: 1, jid: '5511988880001:1@s.whatsapp.net' } });
    await client.opened();
    await client.until(() => client.auth.creds.accountSyncCounter === 1, 'the first synchronisation');
    expect(client.auth.creds.me).toEqual({
      id: '5511988880001:1@s.whatsapp.net',
      lid: ana.lid.replace('@', ':1@'),
      name: 'Ana',
    });
    expect(client.updates.some((update) => update.receivedPendingNotifications === true)).toBe(true);
    expect(client.problems.filter((problem) => !problem.includes('stream errored out'))).toEqual([]);
    const { body } = await call(network, 'GET', '/sandbox/phones/5511988880001');
    expect(body).toMatchObject({
      phoneNumber: '5511988880001',
      owner: 'ten_1',
      devices: [{ device: 1, jid: '5511988880001:1@s.whatsapp.net', platform: 'chrome on Mac OS', online: true }],
    });
  });

  it('carries a device identity that both sides really signed', async () => {
    await using client = await linked(network, await newPhone(network, 'Ana'));
    const { account, signedIdentityKey } = client.auth.creds;
    const { details, accountSignature, accountSignatureKey, deviceSignature } = account ?? {};
    if (!details || !accountSignature || !accountSignatureKey || !deviceSignature) throw new Error('incomplete');
    const byAccount = Buffer.concat([Buffer.from([6, 0]), details, signedIdentityKey.public]);
    expect(verify(accountSignatureKey, byAccount, accountSignature)).toBe(true);
    const byDevice = Buffer.concat([Buffer.from([6, 1]), details, signedIdentityKey.public, accountSignatureKey]);
    expect(verify(signedIdentityKey.public, byDevice, deviceSignature)).toBe(true);
    byAccount[5] = (byAccount[5] ?? 0) ^ 1;
    expect(verify(accountSignatureKey, byAccount, accountSignature)).toBe(false);
  });

  it('scanned twice, too late, changed or invented is refused by name', async () => {
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    await using client = new Client(network);
    const qr = await client.qr();
    const [address = '', noise, ...rest] = qr.split(',');
    const foreign = Buffer.from(generateKeyPair().publicKey).toString('base64');
    for (const invalid of [
      'hello',
      'https://wa.me/settings/linked_devices#a,b,c,d,1',
      [address, foreign, ...rest].join(),
    ]) {
      const refused = await scan(network, bob, invalid);
      expect(refused).toMatchObject({ status: 400, body: { error: { code: 'qr_invalid' } } });
    }
    const changed = `${address.slice(0, -6)}AAAAAA,${[noise, ...rest].join()}`;
    expect(await scan(network, bob, changed)).toMatchObject({ status: 400, body: { error: { code: 'qr_invalid' } } });
    expect((await scan(network, ana, qr)).status).toBe(200);
    const again = await scan(network, bob, qr);
    expect(again).toMatchObject({ status: 409, body: { error: { code: 'qr_already_used' } } });

    await using slow = new Client(network);
    const old = await slow.qr();
    now += 60_000;
    const late = await scan(network, bob, old);
    expect(late).toMatchObject({ status: 410, body: { error: { code: 'qr_expired' } } });
  });

  it('of a client that went away has expired', async () => {
    const client = new Client(network);
    const qr = await client.qr();
    await client[Symbol.asyncDispose]();
    const ana = await newPhone(network, 'Ana');
    await expect.poll(() => scan(network, ana, qr)).toMatchObject({ body: { error: { code: 'qr_expired' } } });
  });

  it('is shown as often as there are references, then the client gives up with 408', async () => {
    await using brief = await Sandbox.create({ qr: { count: 3 } });
    trust(brief);
    await using client = new Client(brief, undefined, { qrTimeout: 20 });
    expect(await client.ended()).toMatchObject({ code: 408 });
    expect(new Set(client.qrs).size).toBe(3);
    trust(network);
  });
});

describe('a pairing code', () => {
  it('typed into the phone links the client', async () => {
    const ana = await newPhone(network, 'Ana');
    await using client = new Client(network);
    await client.qr();
    const code = await client.socket.requestPairingCode(ana.phoneNumber);
    const type = (typed: string) =>
      call(network, 'POST', `/sandbox/phones/${ana.phoneNumber}/link-code`, { code: typed });
    await expect
      .poll(() => type('12345'))
      .toMatchObject({ status: 400, body: { error: { code: 'link_code_invalid' } } });
    const wrong = code.startsWith('A') ? `B${code.slice(1)}` : `A${code.slice(1)}`;
    await expect.poll(() => type(wrong)).toMatchObject({ status: 422, body: { error: { code: 'link_code_wrong' } } });
    const linkedBy = await type(`${code.slice(0, 4)}-${code.slice(4).toLowerCase()}`);
    expect(linkedBy).toMatchObject({ status: 200, body: { device: 1, phoneNumber: ana.phoneNumber } });
    await client.opened();
    await client.until(() => client.auth.creds.me?.name === 'Ana', 'the name of the account');
    expect(await type(code)).toMatchObject({ status: 409, body: { error: { code: 'link_code_not_requested' } } });
  });

  it('is no longer good after three minutes', async () => {
    const ana = await newPhone(network, 'Ana');
    await using client = new Client(network);
    await client.qr();
    const code = await client.socket.requestPairingCode(ana.phoneNumber);
    const type = (typed: string) =>
      call(network, 'POST', `/sandbox/phones/${ana.phoneNumber}/link-code`, { code: typed });
    const wrong = code.startsWith('A') ? `B${code.slice(1)}` : `A${code.slice(1)}`;
    // That it is wrong can be told only once the request is here.
    await expect.poll(() => type(wrong)).toMatchObject({ body: { error: { code: 'link_code_wrong' } } });
    now += 3 * 60_000;
    expect(await type(code)).toMatchObject({ status: 410, body: { error: { code: 'link_code_expired' } } });
  });
});

describe('the certificate of the network', () => {
  it('is a chain from the root over an intermediate to the key of the handshake', () => {
    const [root, staticKey] = [generateKeyPair(), generateKeyPair()];
    const { intermediate, leaf } = proto.CertChain.decode(issueChain(root, staticKey));
    const { Details } = proto.CertChain.NoiseCertificate;
    if (!intermediate?.details || !intermediate.signature || !leaf?.details || !leaf.signature)
      throw new Error('incomplete');
    const [upper, lower] = [Details.decode(intermediate.details), Details.decode(leaf.details)];
    expect(verify(root.publicKey, intermediate.details, intermediate.signature)).toBe(true);
    expect(verify(upper.key ?? new Uint8Array(), leaf.details, leaf.signature)).toBe(true);
    expect([upper.issuerSerial, lower.issuerSerial]).toEqual([0, upper.serial]);
    expect(Buffer.from(lower.key ?? [])).toEqual(Buffer.from(staticKey.publicKey));
    expect(verify(generateKeyPair().publicKey, intermediate.details, intermediate.signature)).toBe(false);
  });

  it('of another network is refused by a client that really verifies', async () => {
    await using other = await Sandbox.create();
    trust(other);
    await using client = new Client(network);
    expect(await client.ended()).toMatchObject({ code: 400 });
    expect(client.qrs).toEqual([]);
    trust(network);
  });
});
