/** What a message does to an earlier one: reactions, edits, revokes, votes. Which one is told by the sender, from the sender's point of view. */
import type { EngineContent, MessageKey } from '../../../ports/engine.ts';
import { isSame, type Origin, plainJid } from '../envelope.ts';
import { proto } from '../library.ts';
import type { Purpose, Sealed } from './sealed.ts';
import { unwrap } from './unwrap.ts';

const { Type } = proto.Message.ProtocolMessage;
const { SecretEncType } = proto.Message.SecretEncryptedMessage;

type AboutKind =
  | 'reactionMessage'
  | 'encReactionMessage'
  | 'pollUpdateMessage'
  | 'secretEncryptedMessage'
  | 'protocolMessage';

export function readAbout(message: proto.IMessage, kind: AboutKind, origin: Origin): EngineContent | Sealed {
  const read = readers[kind](message, origin);
  return read ?? { type: 'unsupported', kind };
}

const readers: Record<AboutKind, (message: proto.IMessage, origin: Origin) => EngineContent | Sealed | null> = {
  reactionMessage: ({ reactionMessage }, origin) => reaction(reactionMessage, targetOf(reactionMessage?.key, origin)),
  encReactionMessage: ({ encReactionMessage: sealed }, origin) =>
    sealedFor('Enc Reaction', targetOf(sealed?.targetMessageKey, origin), sealed),
  pollUpdateMessage: ({ pollUpdateMessage: update }, origin) =>
    sealedFor('Poll Vote', targetOf(update?.pollCreationMessageKey, origin), update?.vote),
  secretEncryptedMessage: ({ secretEncryptedMessage: sealed }, origin) =>
    sealed?.secretEncType === SecretEncType.MESSAGE_EDIT
      ? sealedFor('Message Edit', ownTarget(sealed.targetMessageKey, origin), sealed)
      : null,
  protocolMessage: ({ protocolMessage: said }, origin) =>
    said?.type === Type.MESSAGE_EDIT
      ? editOf(said.editedMessage, ownTarget(said.key, origin))
      : revoke(said?.key, origin),
};

/** What was sealed inside of a message, once it is opened. Null where it makes no sense. */
export function readUnsealed(
  { purpose, target }: Sealed,
  plaintext: Uint8Array,
  pollOptions: readonly { name: string; hash: string }[],
): EngineContent | null {
  switch (purpose) {
    case 'Poll Vote': {
      const chosen = proto.Message.PollVoteMessage.decode(plaintext).selectedOptions.map((hash) =>
        Buffer.from(hash).toString('base64'),
      );
      const options = pollOptions.filter(({ hash }) => chosen.includes(hash)).map(({ name }) => name);
      return { type: 'poll_vote', target, options };
    }
    case 'Enc Reaction':
      return reaction(proto.Message.ReactionMessage.decode(plaintext), target);
    case 'Message Edit': {
      const { message } = unwrap(proto.Message.decode(plaintext));
      return editOf(message.protocolMessage?.editedMessage ?? message, target);
    }
  }
}

function reaction(
  said: proto.Message.IReactionMessage | null | undefined,
  target: MessageKey | null,
): EngineContent | null {
  return target && { type: 'reaction', target, emoji: said?.text || null };
}

function editOf(edited: proto.IMessage | null | undefined, target: MessageKey | null): EngineContent | null {
  if (!edited || !target) return null;
  const { message } = unwrap(edited);
  const captioned = message.imageMessage ?? message.videoMessage ?? message.documentMessage;
  const text = message.conversation ?? message.extendedTextMessage?.text ?? captioned?.caption;
  if (text === null || text === undefined) return null;
  const context = message.extendedTextMessage?.contextInfo ?? captioned?.contextInfo;
  return { type: 'edit', target, text, mentions: context?.mentionedJid ?? [] };
}

/** Somebody else's message only an admin may take back, and WhatsApp's server marks the stanza of one who may. */
function revoke(key: proto.IMessageKey | null | undefined, origin: Origin): EngineContent | null {
  const target = origin.byAdmin ? targetOf(key, origin) : ownTarget(key, origin);
  return target && { type: 'revoke', target };
}

function sealedFor(
  purpose: Purpose,
  target: MessageKey | null,
  sealed: { encPayload?: Uint8Array | null; encIv?: Uint8Array | null } | null | undefined,
): Sealed | null {
  if (!target || !sealed?.encPayload || !sealed.encIv) return null;
  return { type: 'sealed', purpose, target, payload: sealed.encPayload, iv: sealed.encIv };
}

/** A message of the one who speaks: what a key says else about its author is not believed. */
function ownTarget(key: proto.IMessageKey | null | undefined, { key: { chat, sender, fromMe } }: Origin) {
  return key?.id ? { waId: key.id, chat, sender, fromMe } : null;
}

function targetOf(key: proto.IMessageKey | null | undefined, origin: Origin): MessageKey | null {
  if (!key?.id) return null;
  const { me } = origin;
  const { chat } = origin.key;
  const sender = key.participant ? plainJid(key.participant) : authorWithoutName(key.fromMe === true, origin);
  return { waId: key.id, chat, sender, fromMe: isSame(sender, me) };
}

/** A key without a participant says "mine" or "not mine"; in a chat of two that is enough. */
function authorWithoutName(isSpeakers: boolean, { key: { chat, sender, fromMe }, me, isGroup }: Origin): string {
  if (isSpeakers || isGroup) return sender;
  if (fromMe) return chat;
  return plainJid(chat.endsWith('@lid') ? (me.lid ?? me.jid) : me.jid);
}
