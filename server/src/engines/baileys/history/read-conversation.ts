/** A chat as the phone remembers it: its messages in our words, oldest first. */
import { readContent, type ReadContent } from '../content/read-content.ts';
import { pollOptions } from '../content/poll-options.ts';
import { type Attributes, type Envelope, type Me, plainJid, readEnvelope } from '../envelope.ts';
import type { proto } from '../library.ts';

export type Remembered = { envelope: Envelope; read: ReadContent };

export function readConversation(conversation: proto.IConversation, me: Me): Remembered[] {
  // The phone tells the newest first, and times are whole seconds: what was said within one keeps its order only so.
  const remembered = (conversation.messages ?? [])
    .toReversed()
    .flatMap(({ message }) => (message ? readRemembered(message, conversation, me) : []));
  return remembered.sort((one, other) => one.envelope.timestamp - other.envelope.timestamp);
}

/** The message, and what others did to it since: the phone keeps that with the message. */
function readRemembered(info: proto.IWebMessageInfo, chat: proto.IConversation, me: Me): Remembered[] {
  const { key, message, messageSecret } = info;
  if (!key?.id || !message) return [];
  const envelope = readEnvelope(attributesOf(info, chat, me), me);
  // The phone keeps the secret beside the message.
  const secret =
    messageSecret?.length && !message.messageContextInfo ? [{ messageContextInfo: { messageSecret } }] : [];
  const read = envelope && readContent([message, ...secret], envelope.origin);
  if (!read) return [];
  const whole: Remembered = { envelope, read };
  return [whole, ...reactionsTo(whole, info, chat, me), ...votesIn(whole, info, chat, me)];
}

function reactionsTo(
  to: Remembered,
  { reactions }: proto.IWebMessageInfo,
  chat: proto.IConversation,
  me: Me,
): Remembered[] {
  const target = to.envelope.origin.key;
  return (reactions ?? []).flatMap(({ key, text, senderTimestampMs }) => {
    const envelope = envelopeOf(key, senderTimestampMs, to, chat, me);
    return envelope ? [{ envelope, read: bare({ type: 'reaction', target, emoji: text || null }) }] : [];
  });
}

function votesIn(
  poll: Remembered,
  { message, pollUpdates }: proto.IWebMessageInfo,
  chat: proto.IConversation,
  me: Me,
): Remembered[] {
  const known = message ? pollOptions(message) : [];
  const target = poll.envelope.origin.key;
  return (pollUpdates ?? []).flatMap(({ pollUpdateMessageKey: key, vote, senderTimestampMs }) => {
    const envelope = envelopeOf(key, senderTimestampMs, poll, chat, me);
    const chosen = (vote?.selectedOptions ?? []).map((hash) => Buffer.from(hash).toString('base64'));
    const options = known.filter(({ hash }) => chosen.includes(hash)).map(({ name }) => name);
    return envelope ? [{ envelope, read: bare({ type: 'poll_vote', target, options }) }] : [];
  });
}

/** Some phones remember who did something to a message, but not under which id: it gets one that is always the same. */
function envelopeOf(
  key: proto.IMessageKey | null | undefined,
  at: unknown,
  to: Remembered,
  chat: proto.IConversation,
  me: Me,
): Envelope | null {
  if (!key) return null;
  const id = key.id || [to.envelope.waId, key.fromMe ? 'me' : (key.participant ?? 'other')].join('/');
  return readEnvelope(
    attributesOf(
      { key: { ...key, id }, messageTimestamp: seconds(Number(at ?? 0) || to.envelope.timestamp) },
      chat,
      me,
    ),
    me,
  );
}

function bare(content: ReadContent['content']): ReadContent {
  return { content, quotedWaId: null, kept: null };
}

/** As the stanza would have said it. */
function attributesOf(
  { key, messageTimestamp, pushName, participant }: proto.IWebMessageInfo,
  { id: chatId, pnJid, lidJid }: proto.IConversation,
  me: Me,
): Attributes {
  const chat = plainJid(chatId ?? key?.remoteJid ?? '');
  const isShared = !/@(?:s\.whatsapp\.net|lid)$/.test(chat);
  const mine = plainJid(me.jid);
  const author = key?.participant || participant || (key?.fromMe ? mine : undefined);
  const common = {
    id: key?.id ?? '',
    t: String(Number(messageTimestamp ?? 0)),
    ...(pushName ? { notify: pushName } : {}),
  };
  if (isShared) return { ...common, from: chat, ...(author ? { participant: plainJid(author) } : {}) };
  return key?.fromMe
    ? { ...common, from: mine, recipient: chat, ...named('recipient', pnJid, lidJid) }
    : { ...common, from: chat, ...named('sender', pnJid, lidJid) };
}

function named(who: 'recipient' | 'sender', pn: string | null | undefined, lid: string | null | undefined): Attributes {
  return { ...(pn ? { [`${who}_pn`]: pn } : {}), ...(lid ? { [`${who}_lid`]: lid } : {}) };
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
