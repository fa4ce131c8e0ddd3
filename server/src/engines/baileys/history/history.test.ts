import { describe, expect, test } from 'vitest';
import { proto } from '../library.ts';
import { fieldsOf } from './proto-fields.ts';
import { readConversation } from './read-conversation.ts';

const me = { jid: '5511900000001:7@s.whatsapp.net', lid: '900:7@lid' };

async function* pieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

async function read(bytes: Uint8Array, size: number) {
  const fields = [];
  for await (const { number, bytes: value } of fieldsOf(pieces(bytes, size))) fields.push([number, value.toString()]);
  return fields;
}

describe('a history, while it comes in', () => {
  const history = proto.HistorySync.encode({
    syncType: proto.HistorySync.HistorySyncType.RECENT,
    progress: 50,
    pushnames: [{ id: 'a' }, { id: 'b'.repeat(300) }],
    threadIdUserSecret: Buffer.from('x'),
  }).finish();

  test('gives its fields, in pieces of whatever size', async () => {
    const whole = await read(history, 10_000);
    expect(whole.map(([number]) => number)).toEqual([7, 7, 9]);
    for (const size of [1, 2, 7, 100]) expect(await read(history, size)).toEqual(whole);
    expect(await read(Buffer.alloc(0), 1)).toEqual([]);
  });

  test('that is cut, or none, or too long in one piece, is refused', async () => {
    await expect(read(history.subarray(0, -1), 10)).rejects.toThrow('middle of a field');
    await expect(read(Buffer.from([0x0b]), 1)).rejects.toThrow('no protobuf');
    await expect(read(Buffer.from([0x12, 0xff, 0xff, 0xff, 0xff, 0x0f]), 10)).rejects.toThrow('bytes');
    await expect(read(Buffer.alloc(20, 0xff), 20)).rejects.toThrow('too long');
  });
});

describe('a remembered chat', () => {
  const message = (id: string, more: proto.IWebMessageInfo = { key: {} }) => ({
    message: {
      message: { conversation: id },
      messageTimestamp: 1_700_000_000,
      ...more,
      key: { id, remoteJid: '902@lid', ...more.key },
    },
  });
  const chat = (messages: proto.IHistorySyncMsg[], id = '902@lid') =>
    readConversation({ messages, pnJid: '5511900000002@s.whatsapp.net', id }, me);

  test('says who wrote, by both names, oldest first', () => {
    const [first, second] = chat([
      message('late', { key: { fromMe: true }, messageTimestamp: 1_700_000_009 }),
      message('early', { key: { fromMe: false } }),
    ]);
    const bob = { phoneNumber: '5511900000002', lid: '902@lid' };
    expect(first?.envelope).toMatchObject({
      waId: 'early',
      sender: bob,
      fromMe: false,
      chat: { kind: 'person', identity: bob },
    });
    expect(second?.envelope).toMatchObject({ waId: 'late', fromMe: true, chat: { kind: 'person', identity: bob } });
  });

  test('keeps the order of what was said within a second', () => {
    const ids = chat(['third', 'second', 'first'].map((id) => message(id))).map(({ envelope }) => envelope.waId);
    expect(ids).toEqual(['first', 'second', 'third']);
  });

  test('of a group says who of it wrote', () => {
    const jid = '120363000000000001@g.us';
    const [ours, theirs] = chat(
      [message('A', { key: { participant: '903:4@lid' } }), message('B', { key: { fromMe: true } })],
      jid,
    );
    expect(theirs?.envelope).toMatchObject({ chat: { kind: 'group', jid }, sender: { lid: '903@lid' } });
    expect(ours?.envelope).toMatchObject({ chat: { kind: 'group', jid }, fromMe: true });
  });

  test('has what was done to its messages, under ids that stay the same', () => {
    const reactions = [
      { key: { fromMe: true }, text: '👍' },
      { key: { id: 'R2', fromMe: false }, text: '👎' },
    ];
    const info = { key: { fromMe: false }, reactions };
    const ids = () => chat([message('A', info)]).map(({ envelope, read }) => [envelope.waId, read.content.type]);
    expect(ids()).toEqual([
      ['A', 'text'],
      ['A/me', 'reaction'],
      ['R2', 'reaction'],
    ]);
    expect(ids()).toEqual(ids());
  });

  test('leaves out what says nothing', () => {
    expect(chat([{ message: { key: { id: 'A' } } }, {}, message('', { key: {} })])).toEqual([]);
  });
});
