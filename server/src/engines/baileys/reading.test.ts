/** How what WhatsApp says is read: envelope, content, receipts, endings. */
import { describe, expect, test } from 'vitest';
import { endingOfError, endingOfStanza } from './ending.ts';
import { readEnvelope } from './envelope.ts';
import { acknowledgementOf, linkingNotice } from './notice.ts';
import { readReceipt } from './receipt.ts';

const me = { jid: '5511900000001:7@s.whatsapp.net', lid: '900:7@lid' };
const bob = { phoneNumber: '5511900000002', lid: '902@lid' };
const base = { id: 'ABC', t: '1700000000' };

describe('an envelope', () => {
  test('of a person gives number and LID, whichever of the two it is addressed by', () => {
    const byLid = readEnvelope({ ...base, from: '902:3@lid', sender_pn: '5511900000002@s.whatsapp.net' }, me);
    const byNumber = readEnvelope({ ...base, from: '5511900000002:3@s.whatsapp.net', sender_lid: '902@lid' }, me);
    for (const envelope of [byLid, byNumber]) {
      expect(envelope).toMatchObject({ chat: { kind: 'person', identity: bob }, sender: bob, fromMe: false });
    }
    expect(byLid).toMatchObject({ waId: 'ABC', timestamp: 1_700_000_000_000, pushName: null, offline: false });
  });

  test('of a hosted account gives its owner', () => {
    const envelope = readEnvelope({ ...base, from: '5511900000002:99@hosted' }, me);
    expect(envelope?.sender.phoneNumber).toBe('5511900000002');
  });

  test('of what our own phone sent names the chat it went to', () => {
    const attributes = {
      ...base,
      from: '900@lid',
      recipient: '902@lid',
      peer_recipient_pn: '5511900000002@s.whatsapp.net',
    };
    expect(readEnvelope(attributes, me)).toMatchObject({
      fromMe: true,
      chat: { kind: 'person', identity: bob },
      sender: { phoneNumber: '5511900000001', lid: '900@lid' },
    });
  });

  test('of a note to ourselves is a chat with ourselves', () => {
    expect(readEnvelope({ ...base, from: '900@lid' }, me)).toMatchObject({
      fromMe: true,
      chat: { kind: 'person', identity: { lid: '900@lid' } },
    });
  });

  test('of somebody who writes into the chat of another is refused', () => {
    expect(readEnvelope({ ...base, from: '902@lid', recipient: '903@lid' }, me)).toBeNull();
  });

  test('of groups, the status, lists and newsletters names them, and who wrote', () => {
    const group = readEnvelope(
      { ...base, from: '1-2@g.us', participant: '902:1@lid', participant_pn: '5511900000002@s.whatsapp.net' },
      me,
    );
    expect(group).toMatchObject({ chat: { kind: 'group', jid: '1-2@g.us' }, sender: bob });
    const kindOf = (from: string) => readEnvelope({ ...base, from, participant: '902@lid' }, me)?.chat.kind;
    expect(['status@broadcast', '77@broadcast', '1@newsletter'].map(kindOf)).toEqual([
      'status',
      'broadcast',
      'newsletter',
    ]);
  });

  test('without a sender, or from what is no person, is none', () => {
    expect(readEnvelope({ ...base }, me)).toBeNull();
    expect(readEnvelope({ ...base, from: 's.whatsapp.net' }, me)).toBeNull();
  });
});

describe('a receipt', () => {
  const read = (attrs: Record<string, string>, ids: string[] = []) => {
    const list = { tag: 'list', attrs: {}, content: ids.map((id) => ({ tag: 'item', attrs: { id } })) };
    return readReceipt({ tag: 'receipt', attrs: { id: 'A', t: '1700000000', ...attrs }, content: [list] }, me);
  };

  test('says which messages reached whom, and how far', () => {
    expect(read({ from: '902@lid', sender_pn: '5511900000002@s.whatsapp.net' }, ['B', 'C'])).toEqual({
      waIds: ['A', 'B', 'C'],
      status: 'delivered',
      at: 1_700_000_000_000,
      by: bob,
    });
    expect(read({ from: '902@lid', type: 'read' })?.status).toBe('read');
    expect(read({ from: '902@lid', type: 'played' })?.status).toBe('played');
    expect(read({ from: '1@g.us', participant: '902@lid' })?.by?.lid).toBe('902@lid');
  });

  test('of our own devices, or of a kind that is no status, is none', () => {
    expect(read({ from: '900:3@lid', type: 'read' })).toBeNull();
    for (const type of ['retry', 'sender', 'inactive', 'peer_msg', 'server-error', 'constructor']) {
      expect(read({ from: '902@lid', type }), type).toBeNull();
    }
  });
});

describe('an ending', () => {
  const stanza = (
    tag: string,
    attrs: Record<string, string>,
    content: { tag: string; attrs: Record<string, string> }[] = [],
  ) => endingOfStanza({ tag, attrs, content }, 1_000_000);

  test('by the stream has its code and conflict', () => {
    expect(stanza('stream:error', { code: '515' })).toMatchObject({ how: 'stream_error', code: 515, conflict: null });
    const removed = [{ tag: 'conflict', attrs: { type: 'device_removed' } }];
    expect(stanza('stream:error', { code: '401' }, removed)).toMatchObject({ code: 401, conflict: 'device_removed' });
    const replaced = [{ tag: 'conflict', attrs: { type: 'replaced' } }];
    expect(stanza('stream:error', {}, replaced)).toMatchObject({ code: null, conflict: 'replaced' });
  });

  test('by a refused login has its code, and the end of a temporary ban', () => {
    expect(stanza('failure', { reason: '405' })).toMatchObject({ how: 'login_refused', code: 405, until: null });
    expect(stanza('failure', { reason: '402', expire: '60' })).toMatchObject({ code: 402, until: 1_060_000 });
    expect(stanza('failure', {})).toMatchObject({ code: null });
  });

  test('is told by no other stanza', () => {
    expect(stanza('message', {})).toBeNull();
  });

  test('by the library is named where the name is known', () => {
    expect(endingOfError(new Error('QR refs attempts ended')).how).toBe('qr_exhausted');
    const lost = Object.assign(new Error('Connection was lost'), { output: { statusCode: 408 } });
    expect(endingOfError(lost)).toMatchObject({ how: 'socket', code: 408, raw: 'Connection was lost' });
    const refused = Object.assign(new Error('connect failed'), { code: 'ECONNREFUSED' });
    const wrapped = Object.assign(new Error('WebSocket Error ()'), { data: refused });
    expect(endingOfError(wrapped).raw).toBe('WebSocket Error () ECONNREFUSED');
    const downgraded = Object.assign(new Error('Multi-device beta not joined'), { output: { statusCode: 411 } });
    expect(endingOfError(downgraded)).toMatchObject({ how: 'login_refused', code: 411 });
    expect(endingOfError(undefined)).toMatchObject({ how: 'socket', raw: '' });
  });
});

describe('a notification while linking', () => {
  const notification = (type: string) => ({ tag: 'notification', attrs: { id: '7', from: 's.whatsapp.net', type } });

  test('can ask for a passkey or retire the secret of the code', () => {
    expect(linkingNotice(notification('passkey_prologue_request'))).toBe('passkey_wanted');
    expect(linkingNotice(notification('crsc_continuation'))).toBe('passkey_wanted');
    expect(linkingNotice(notification('companion_reg_refresh'))).toBe('secret_retired');
    expect(linkingNotice(notification('link_code_companion_reg'))).toBeNull();
  });

  test('is acknowledged in its own terms', () => {
    expect(acknowledgementOf(notification('companion_reg_refresh')).attrs).toEqual({
      class: 'notification',
      id: '7',
      to: 's.whatsapp.net',
      type: 'companion_reg_refresh',
    });
  });
});
