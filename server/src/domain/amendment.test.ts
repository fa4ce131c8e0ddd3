import { describe, expect, it } from 'vitest';
import type { MessageContent, MessageId } from '@zapfleet/contract';
import { amend, type Amendment, withEarlier } from './amendment.ts';
import { identityOf, type KnownIdentity, nobody } from './identity.ts';
import { type MessageRecord, plain } from './message.ts';

const own: KnownIdentity = { ...identityOf('5511900000000@s.whatsapp.net'), lid: identityOf('900@lid').lid };
const bia: KnownIdentity = { ...identityOf('5511900000001@s.whatsapp.net'), lid: identityOf('901@lid').lid };
const biaByLid = identityOf('901@lid');
const caio = identityOf('5511900000002@s.whatsapp.net');

const message = (changes: Partial<MessageRecord> = {}): MessageRecord => ({
  ...plain,
  id: 'msg_1',
  sessionId: 'ses_1',
  tenantId: 'ten_1',
  waId: 'A',
  direction: 'in',
  chat: '5511900000001@s.whatsapp.net',
  from: bia,
  to: own,
  content: { type: 'text', text: 'hello', mentions: [] },
  quotedWaId: null,
  quotedId: null,
  status: 'delivered',
  error: null,
  offline: false,
  timestamp: 1,
  createdAt: 1,
  ...changes,
});
const poll: MessageContent = { type: 'poll', question: 'When?', options: ['now', 'later'], selectable: 1 };

/** One after the other, as far as they change anything. */
function after(first: MessageRecord, ...amendments: Amendment[]): MessageRecord {
  return amendments.reduce((one, amendment) => amend(one, amendment) ?? one, first);
}

describe('a reaction', () => {
  const react = (from: KnownIdentity, emoji: string | null, at: number): Amendment => ({
    kind: 'reaction',
    from,
    emoji,
    at,
  });

  it('is one per person, under whichever name he does it', () => {
    const { reactions } = after(message(), react(bia, '👍', 1), react(caio, '👍', 2), react(biaByLid, '❤️', 3));
    expect(reactions.map(({ emoji, at }) => [emoji, at])).toEqual([
      ['👍', 2],
      ['❤️', 3],
    ]);
  });

  it('gives way to a newer one, whichever arrives first', () => {
    const early = react(bia, '👍', 1);
    const late = react(bia, '❤️', 2);
    for (const order of [
      [early, late],
      [late, early],
    ]) {
      expect(after(message(), ...order).reactions).toEqual([{ from: bia, emoji: '❤️', at: 2 }]);
    }
  });

  it('that was taken back stays so when the reaction itself arrives later', () => {
    const { reactions } = after(message(), react(bia, null, 2), react(bia, '👍', 1));
    expect(reactions.map(({ emoji }) => emoji)).toEqual([null]);
  });

  it('that comes twice changes nothing the second time', () => {
    const once = after(message(), react(bia, '👍', 1));
    expect(amend(once, react(bia, '👍', 1))).toBeNull();
  });
});

describe('a vote', () => {
  const vote = (from: KnownIdentity, options: string[], at: number): Amendment => ({
    kind: 'poll_vote',
    from,
    options,
    at,
  });

  it('replaces the vote before, and holds only what the poll offers', () => {
    const { votes } = after(message({ content: poll }), vote(bia, ['now'], 1), vote(bia, ['later', 'never'], 2));
    expect(votes).toEqual([{ from: bia, options: ['later'], at: 2 }]);
  });

  it('is for polls only', () => {
    expect(amend(message(), vote(bia, ['now'], 1))).toBeNull();
  });
});

describe('an edit', () => {
  const edit = (from: KnownIdentity, text: string, at: number): Amendment => ({
    kind: 'edit',
    from,
    text,
    mentions: [],
    at,
  });

  it('changes what its own author wrote, and the newest counts', () => {
    const edited = after(message(), edit(bia, 'second', 2), edit(bia, 'first', 1));
    expect(edited).toMatchObject({ content: { type: 'text', text: 'second' }, editedAt: 2 });
  });

  it('is for words only: those of a text, and those below a picture', () => {
    const content = { type: 'location', latitude: 1, longitude: 1, name: null, address: null, live: false } as const;
    expect(amend(message({ content }), edit(bia, 'x', 2))).toBeNull();
    const media = { id: 'med_1' } as never;
    const picture = message({ content: { type: 'image', caption: 'old', mentions: [], media } });
    expect(after(picture, edit(bia, 'new', 2)).content).toEqual({ type: 'image', caption: 'new', mentions: [], media });
  });

  it('of somebody else changes nothing', () => {
    expect(amend(message(), edit(caio, 'forged', 2))).toBeNull();
    expect(amend(message({ direction: 'out', from: own, to: bia }), edit(bia, 'forged', 2))).toBeNull();
  });
});

describe('a revoke', () => {
  const revoke = (from: KnownIdentity): Amendment => ({ kind: 'revoke', from, at: 5 });

  it('takes away all that was said, and all that was said to it', () => {
    const before = after(message({ quotedWaId: 'Q' }), { kind: 'reaction', from: caio, emoji: '👍', at: 1 });
    const revoked = after(before, revoke(biaByLid));
    expect(revoked).toMatchObject({ content: { type: 'revoked' }, revokedAt: 5, reactions: [], quotedWaId: null });
    expect(JSON.stringify(revoked)).not.toContain('hello');
  });

  it('is final', () => {
    const revoked = after(message(), revoke(bia));
    expect(amend(revoked, revoke(bia))).toBeNull();
    expect(amend(revoked, { kind: 'edit', from: bia, text: 'back', mentions: [], at: 9 })).toBeNull();
    expect(amend(revoked, { kind: 'reaction', from: caio, emoji: '👍', at: 9 })).toBeNull();
  });

  it('is for the author, and in a group for its admins', () => {
    expect(amend(message(), revoke(caio))).toBeNull();
    expect(amend(message({ chat: '1-2@g.us', to: nobody }), revoke(caio))).not.toBeNull();
  });
});

describe('what came before its message', () => {
  const about = (id: string, changes: Partial<MessageRecord>): MessageRecord =>
    message({ id: id as MessageId, waId: id, targetWaId: 'A', ...changes });

  it('is done to it in the order of its coming', () => {
    const found = [
      about('msg_3', { content: { type: 'edit', messageId: null, text: 'second', mentions: [] }, timestamp: 7 }),
      about('msg_2', { content: { type: 'edit', messageId: null, text: 'first', mentions: [] }, timestamp: 7 }),
      about('msg_4', { content: { type: 'reaction', messageId: null, emoji: '👍' }, from: biaByLid }),
    ];
    const whole = withEarlier(message(), found);
    expect(whole).toMatchObject({ content: { text: 'second' }, editedAt: 7 });
    expect(whole.reactions).toHaveLength(1);
  });

  it('does not reach into another chat, nor to another message', () => {
    const content = { type: 'reaction', messageId: null, emoji: '👍' } as const;
    const elsewhere = about('msg_2', { content, from: caio, chat: '5511900000002@s.whatsapp.net' });
    const other = about('msg_3', { content, targetWaId: 'B' });
    expect(withEarlier(message(), [elsewhere, other, message()])).toEqual(message());
  });

  it('of this account counts once WhatsApp has it', () => {
    const content = { type: 'reaction', messageId: 'msg_1' as MessageId, emoji: '👍' } as const;
    const mine = { content, direction: 'out', from: own, to: bia } as const;
    for (const status of ['queued', 'sending', 'failed', 'cancelled'] as const) {
      expect(withEarlier(message(), [about('msg_2', { ...mine, status })]).reactions).toEqual([]);
    }
    expect(withEarlier(message(), [about('msg_2', { ...mine, status: 'sent' })]).reactions).toHaveLength(1);
  });
});
