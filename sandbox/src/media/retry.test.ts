import '@zapfleet/curve/libsignal';
import { randomBytes } from 'node:crypto';
import { type WAMessage, downloadMediaMessage } from 'baileys';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Sandbox } from '../sandbox.ts';
import { type Client, mediaTrust, trust } from '../testing/client.ts';
import { type Phone, call, linked, newPhone, write } from '../testing/controls.ts';

const CONTENT = randomBytes(5000);

let network: Sandbox;
let ana: Phone;
let bob: Phone;
let client: Client;
beforeAll(async () => {
  network = await Sandbox.create();
  trust(network);
});
afterAll(() => network.close());
beforeEach(async () => {
  [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
  client = await linked(network, ana, mediaTrust(network));
  // The library takes the public host for that of new addresses until it has asked for the network's.
  await client.socket.refreshMediaConn(true);
});
afterEach(() => client[Symbol.asyncDispose]());

const fault = (phone: Phone, kind: string, more: object = {}) =>
  call(network, 'POST', '/sandbox/faults', { kind, phoneNumber: phone.phoneNumber, ...more });
const download = (message: WAMessage) => downloadMediaMessage(message, 'buffer', mediaTrust(network));

/** A picture that came, and that the host has no more. */
async function expired(code = 410): Promise<WAMessage> {
  await fault(bob, 'media_gone', { code });
  const id = await write(network, bob, ana, { type: 'image', media: { base64: CONTENT.toString('base64') } });
  const message = await client.receivedId(id);
  await expect(download(message)).rejects.toMatchObject({ output: { statusCode: code } });
  return message;
}

describe('the file of a message that the host has no more', () => {
  it.each([404, 410])('is uploaded again by the own phone when it is asked to (%i)', async (code) => {
    const message = await expired(code);
    const before = message.message?.imageMessage?.directPath;
    const updated = await client.socket.updateMediaMessage(message);
    expect(updated.message?.imageMessage?.directPath).not.toBe(before);
    expect((await download(updated)).equals(CONTENT)).toBe(true);
    expect(client.problems).toEqual([]);
  });

  it('is uploaded again also where the own companion sent it', async () => {
    await fault(ana, 'media_gone');
    const jid = `${bob.phoneNumber}@s.whatsapp.net`;
    const sent = await client.socket.sendMessage(jid, { document: CONTENT, mimetype: 'text/plain' });
    if (sent === undefined) throw new Error('not sent');
    await client.until(() => client.statuses.get(sent.key.id ?? '') === 3, 'the delivery');
    await expect(download(sent)).rejects.toThrow();
    expect((await download(await client.socket.updateMediaMessage(sent))).equals(CONTENT)).toBe(true);
  });

  it('is gone where the phone has it no longer, and where it never had the message', async () => {
    const message = await expired();
    await fault(ana, 'media_lost');
    await expect(client.socket.updateMediaMessage(message)).rejects.toMatchObject({ output: { statusCode: 404 } });
    expect((await download(await client.socket.updateMediaMessage(message))).equals(CONTENT)).toBe(true);
    const stranger = { ...message, key: { ...message.key, id: 'NONE' } };
    await expect(client.socket.updateMediaMessage(stranger)).rejects.toMatchObject({ output: { statusCode: 404 } });
  });

  it('is gone with the message that was taken back', async () => {
    const message = await expired();
    await write(network, bob, ana, { type: 'revoke', messageId: message.key.id });
    await expect(client.socket.updateMediaMessage(message)).rejects.toMatchObject({ output: { statusCode: 404 } });
  });

  it('is not given to who has not its key', async () => {
    const message = await expired();
    const forged = structuredClone(message);
    if (forged.message?.imageMessage) forged.message.imageMessage.mediaKey = randomBytes(32);
    await expect(client.socket.updateMediaMessage(forged)).rejects.toMatchObject({ output: { statusCode: 412 } });
  });
});
