/** Every kind of message between a session and the phones of the sandbox, as both sides see it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GatewayEvent, SendMessage } from '@zapfleet/contract';
import { type Client, connect } from './client.ts';
import { type LinkedSession, linkSession, newPhone, screenOf } from './linking.ts';
import { type StartedServer, startServer } from './server.ts';

// A picture of one point.
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

let server: StartedServer;
let client: Client;
let shop: LinkedSession;
let bia: string;

beforeAll(async () => {
  server = await startServer();
  client = connect(server);
  shop = await linkSession(client, 'shop');
  bia = await newPhone(client, 'Bia');
}, 120_000);
afterAll(() => server[Symbol.asyncDispose]());

const send = (body: SendMessage) => client.call('sendMessage', { params: { id: shop.id }, body });
const write = (body: object) =>
  client.call('writeFromSandboxPhone', { params: { phone: bia }, body: { to: shop.phone, ...body } });
/** What Bia's phone shows of a message of the shop. */
const shown = async (waId: string) => (await screenOf(client, bia)).find(({ id }) => id === waId);
const read = (id: string) => client.call('getMessage', { params: { id } });

type Of<T extends GatewayEvent['type']> = Extract<GatewayEvent, { type: T }>;
/** The first event of this type that is about the message which WhatsApp calls so. */
function told<T extends GatewayEvent['type']>(type: T, waId: string): Promise<Of<T>> {
  const fits = (event: GatewayEvent): event is Of<T> => event.type === type && waIdIn(event.data) === waId;
  return client.waitForEvent<Of<T>>(fits, { sessionId: shop.id });
}

function waIdIn(data: GatewayEvent['data']): string | undefined {
  if ('waId' in data) return data.waId;
  return 'message' in data ? data.message.waId : undefined;
}

const file = (mimetype: string) => ({ base64: Buffer.from(mimetype).toString('base64'), mimetype });
const whole = { verdict: 'intact' };

describe('a message of a session is on the phone what was sent', () => {
  const kinds: [SendMessage, object][] = [
    [
      { to: '', text: 'hi' },
      { type: 'text', text: 'hi' },
    ],
    [
      { to: '', type: 'image', media: { base64: png }, caption: 'a point' },
      { type: 'image', caption: 'a point' },
    ],
    [{ to: '', type: 'document', media: { base64: png, filename: 'a.png' } }, { type: 'document' }],
    [
      { to: '', type: 'location', latitude: -23.5, longitude: -46.6, name: 'here' },
      { type: 'location', latitude: -23.5, longitude: -46.6, name: 'here' },
    ],
    [{ to: '', type: 'contact', contacts: [{ name: 'Caio', phoneNumber: '+55 11 90000-0002' }] }, { type: 'contact' }],
    [
      { to: '', type: 'poll', question: 'When?', options: ['now', 'later'] },
      { type: 'poll', question: 'When?', options: ['now', 'later'] },
    ],
    [
      { to: '', text: 'again', forwarded: true },
      { text: 'again', forwarded: true },
    ],
    [
      { to: '', text: 'gone soon', ephemeralSeconds: 86_400 },
      { text: 'gone soon', ephemeralSeconds: 86_400 },
    ],
    [{ to: '', text: 'stays', ephemeralSeconds: 0 }, { text: 'stays' }],
    [
      { to: '', type: 'video', media: file('video/mp4'), caption: 'b' },
      { type: 'video', caption: 'b', media: whole },
    ],
    [
      { to: '', type: 'audio', media: file('audio/mpeg') },
      { type: 'audio', media: whole },
    ],
    [
      { to: '', type: 'voice', media: file('audio/ogg; codecs=opus') },
      { type: 'voice', media: whole },
    ],
    [
      { to: '', type: 'sticker', media: file('image/webp') },
      { type: 'sticker', media: whole },
    ],
    [
      { to: '', type: 'image', media: { base64: png }, viewOnce: true },
      { type: 'image', viewOnce: true },
    ],
  ];

  it.each(kinds)('%j', async (message, seen) => {
    const { waId, status } = await send({ ...message, to: bia });
    expect(status).toBe('sent');
    await expect.poll(() => shown(waId), { timeout: 20_000 }).toMatchObject(seen);
  });
});

describe('what a session does to its message is seen on the phone', () => {
  it('an edit, and in the end that it is taken back', async () => {
    const { id, waId } = await send({ to: bia, text: 'helo' });
    const edited = await client.answer('editMessage', { params: { id }, body: { text: 'hello' } });
    expect(edited).toMatchObject({
      status: 200,
      body: { content: { text: 'hello' }, editedAt: expect.any(String) as string },
    });
    await expect.poll(() => shown(waId), { timeout: 20_000 }).toMatchObject({ text: 'hello', edited: true });
    const revoked = await client.answer('revokeMessage', { params: { id } });
    expect(revoked).toMatchObject({ status: 200, body: { content: { type: 'revoked' } } });
    await expect.poll(() => shown(waId), { timeout: 20_000 }).toMatchObject({ revoked: true });
    expect((await client.refusal('editMessage', { params: { id }, body: { text: 'x' } })).code).toBe(
      'message_unchangeable',
    );
  });

  it('a reaction to what the phone wrote, and that it is taken back', async () => {
    const { id: waId } = await write({ text: 'nice?' });
    const { data } = await told('message.received', waId);
    await send({ type: 'reaction', messageId: data.message.id, emoji: '👍' });
    await expect.poll(() => shown(waId), { timeout: 20_000 }).toMatchObject({ reactions: [{ emoji: '👍' }] });
    expect(await read(data.message.id)).toMatchObject({ reactions: [{ emoji: '👍' }] });
    await send({ type: 'reaction', messageId: data.message.id, emoji: null });
    await expect.poll(async () => (await shown(waId))?.reactions ?? [], { timeout: 20_000 }).toEqual([]);
  });

  it('a vote in the poll of the phone', async () => {
    const { id: waId } = await write({ type: 'poll', question: 'Tea?', options: ['yes', 'no'] });
    const { data } = await told('message.received', waId);
    expect(data.message.content).toMatchObject({ type: 'poll', options: ['yes', 'no'] });
    await send({ type: 'poll_vote', messageId: data.message.id, options: ['yes'] });
    await expect
      .poll(async () => (await shown(waId))?.pollResults, { timeout: 20_000 })
      .toMatchObject([
        { option: 'yes', voters: [expect.anything()] },
        { option: 'no', voters: [] },
      ]);
    expect(await read(data.message.id)).toMatchObject({
      pollResults: [{ option: 'yes', voters: [expect.any(String)] }, { voters: [] }],
    });
  });
});

describe('what the phone does arrives', () => {
  const kinds: [object, object][] = [
    [
      { text: 'hi', forwarded: true },
      { type: 'text', forwarded: true, content: { text: 'hi' } },
    ],
    [{ text: 'gone soon', ephemeralSeconds: 86_400 }, { ephemeralSeconds: 86_400 }],
    [
      { type: 'image', media: { base64: png }, viewOnce: true },
      { type: 'image', viewOnce: true },
    ],
    [{ type: 'image', media: { base64: png }, caption: 'a point' }, { content: { type: 'image', caption: 'a point' } }],
    [{ type: 'video', media: file('video/mp4'), gif: true }, { content: { type: 'video', gif: true } }],
    [{ type: 'audio', media: { ...file('audio/mpeg'), seconds: 3 } }, { content: { media: { seconds: 3 } } }],
    [
      { type: 'voice', media: { ...file('audio/ogg; codecs=opus'), waveform: [0, 50, 100] } },
      { content: { type: 'voice', media: { mimetype: 'audio/ogg; codecs=opus' } } },
    ],
    [
      { type: 'document', media: { ...file('text/plain'), filename: 'Preços.txt' } },
      { content: { type: 'document', media: { filename: 'Preços.txt' } } },
    ],
    [{ type: 'sticker', media: file('image/webp'), animated: true }, { content: { type: 'sticker', animated: true } }],
    [
      { type: 'location', latitude: -23.5, longitude: -46.6, name: 'here' },
      { content: { type: 'location', latitude: -23.5, longitude: -46.6, name: 'here', live: false } },
    ],
    [
      { type: 'contact', contacts: [{ name: 'Caio', phoneNumber: '5511900000002' }] },
      { content: { type: 'contact', contacts: [{ name: 'Caio' }] } },
    ],
    [
      { type: 'poll', question: 'When?', options: ['now', 'later'] },
      { content: { type: 'poll', question: 'When?', options: ['now', 'later'] } },
    ],
  ];

  it.each(kinds)('%j', async (written, seen) => {
    const { id: waId } = await write(written);
    const { message } = (await told('message.received', waId)).data;
    expect(message).toMatchObject({ direction: 'in', from: { phoneNumber: bia }, ...seen });
    expect(await read(message.id)).toMatchObject(seen);
    if (!('media' in message.content)) return;
    expect((await told('message.media', waId)).data.media).toMatchObject({ state: 'stored' });
  });

  it('its vote in the poll of the session', async () => {
    const { id, waId } = await send({ to: bia, type: 'poll', question: 'Now?', options: ['a', 'b'] });
    await expect.poll(() => shown(waId), { timeout: 20_000 }).toBeDefined();
    await write({ type: 'poll_vote', messageId: waId, options: ['b'] });
    const { data } = await told('message.poll_vote', waId);
    expect(data).toMatchObject({ messageId: id, options: ['b'], from: { phoneNumber: bia } });
    expect(await read(id)).toMatchObject({
      pollResults: [{ voters: [] }, { option: 'b', voters: [expect.any(String)] }],
    });
  });

  it('its reaction to a message of the session', async () => {
    const { id, waId } = await send({ to: bia, text: 'react!' });
    await expect.poll(() => shown(waId), { timeout: 20_000 }).toBeDefined();
    await write({ type: 'reaction', messageId: waId, emoji: '❤️' });
    expect((await told('message.reaction', waId)).data).toMatchObject({
      messageId: id,
      emoji: '❤️',
      from: { phoneNumber: bia },
    });
    expect(await read(id)).toMatchObject({ reactions: [{ emoji: '❤️' }] });
  });

  it('its edit, and that it takes the message back', async () => {
    const { id: waId } = await write({ text: 'helo' });
    const { data } = await told('message.received', waId);
    await write({ type: 'edit', messageId: waId, text: 'hello' });
    expect((await told('message.edited', waId)).data).toMatchObject({ messageId: data.message.id, text: 'hello' });
    await write({ type: 'revoke', messageId: waId });
    expect((await told('message.revoked', waId)).data).toMatchObject({
      messageId: data.message.id,
      by: { phoneNumber: bia },
    });
    expect(await read(data.message.id)).toMatchObject({
      content: { type: 'revoked' },
      revokedAt: expect.any(String) as string,
    });
    const { data: listed } = await client.call('listMessages', {
      params: { id: shop.id },
      query: { chat: bia, limit: 1000 },
    });
    expect(listed.filter(({ type }) => ['reaction', 'edit', 'revoke', 'poll_vote'].includes(type))).toEqual([]);
  });
});
