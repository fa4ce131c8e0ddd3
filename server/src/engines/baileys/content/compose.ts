/** What we send, as WhatsApp's message proto, and what the stanza around it must say. No link preview is made here: whoever asks for one brings it. */
import type { BinaryNode } from 'baileys';
import type {
  MessageKey,
  OutgoingContent,
  OutgoingMedia,
  OutgoingMessage,
  SendOutcome,
} from '../../../ports/engine.ts';
import { type Me, plainJid, REVOKED_BY_ADMIN } from '../envelope.ts';
import { proto } from '../library.ts';
import type { UploadedFile } from '../media/upload.ts';
import { contextOf, withContext } from './context.ts';
import { encodeKept, type Kept } from './kept.ts';
import { mediaProto } from './media-proto.ts';
import { pollOptions } from './poll-options.ts';
import { seal } from './sealed.ts';
import { unwrap } from './unwrap.ts';

export type Composed = {
  message: proto.IMessage;
  stanza: { additionalAttributes?: Record<string, string>; additionalNodes?: BinaryNode[] };
  kept: Uint8Array;
};

export type ComposeParts = {
  me: Me;
  kept: (waId: string) => Promise<Kept | null>;
  upload: (family: 'image' | 'video' | 'audio' | 'document' | 'sticker', media: OutgoingMedia) => Promise<UploadedFile>;
  /** The same 32 bytes for the same message, on each attempt: votes and edits of others are sealed with them. */
  secretOf: (waId: string) => Uint8Array;
};

type Refusal = Extract<SendOutcome, { ok: false }>;

/** What was asked for cannot be sent, whatever the network does. */
export class Unsendable extends Error {
  override readonly name = 'Unsendable';
  readonly outcome: Refusal;
  constructor(code: Refusal['code'], reason: string) {
    super(reason);
    this.outcome = { ok: false, code, reason };
  }
}

const EDITED = '1';
const REVOKED_BY_SENDER = '7';

type Plain = Exclude<OutgoingContent, { type: 'reaction' | 'edit' | 'revoke' | 'poll_vote' }>;

/** Rejects with `Unsendable`. */
export async function compose(outgoing: OutgoingMessage, parts: ComposeParts): Promise<Composed> {
  const { message, stanza = {} } = await composed(outgoing, parts);
  const own = ownName(parts.me, outgoing.to);
  const kept = encodeKept({ waId: outgoing.waId, chat: outgoing.to, sender: own, fromMe: true }, message);
  return { message, stanza, kept };
}

async function composed(
  outgoing: OutgoingMessage,
  parts: ComposeParts,
): Promise<Omit<Composed, 'kept' | 'stanza'> & Partial<Composed>> {
  const { content, to } = outgoing;
  switch (content.type) {
    case 'reaction': {
      const key = keyOf(content.target, to);
      const text = content.emoji ?? '';
      return { message: proto.Message.create({ reactionMessage: { key, text, senderTimestampMs: Date.now() } }) };
    }
    case 'revoke': {
      const edit = content.target.fromMe ? REVOKED_BY_SENDER : REVOKED_BY_ADMIN;
      const { REVOKE: type } = proto.Message.ProtocolMessage.Type;
      return {
        message: proto.Message.create({ protocolMessage: { key: keyOf(content.target, to), type } }),
        stanza: { additionalAttributes: { edit } },
      };
    }
    case 'edit':
      return {
        message: await editOf(content, to, parts),
        stanza: { additionalAttributes: { edit: EDITED } },
      };
    case 'poll_vote':
      return { message: await voteOf(content, to, parts), stanza: pollNode('vote') };
    default:
      return {
        message: await plainOf({ ...outgoing, content }, parts),
        ...(content.type === 'poll' ? { stanza: pollNode('creation') } : {}),
      };
  }
}

async function plainOf(outgoing: OutgoingMessage & { content: Plain }, parts: ComposeParts): Promise<proto.IMessage> {
  const inner = await innerOf(outgoing.content, outgoing.viewOnce === true, parts);
  const message = withContext(inner, await contextOf(outgoing, parts.kept));
  const messageContextInfo = { messageSecret: parts.secretOf(outgoing.waId) };
  if (!outgoing.viewOnce) return proto.Message.create({ ...message, messageContextInfo });
  const wrapper = message.audioMessage ? 'viewOnceMessageV2Extension' : 'viewOnceMessage';
  return proto.Message.create({ [wrapper]: { message }, messageContextInfo });
}

async function innerOf(content: Plain, viewOnce: boolean, { upload }: ComposeParts): Promise<proto.IMessage> {
  switch (content.type) {
    case 'text':
      return { extendedTextMessage: textOf(content) };
    case 'location':
      return {
        locationMessage: {
          degreesLatitude: content.latitude,
          degreesLongitude: content.longitude,
          name: content.name,
          address: content.address,
        },
      };
    case 'contact':
      return contactsOf(content.contacts);
    case 'poll':
      return pollOf(content);
    default:
      return mediaProto(content, viewOnce, upload);
  }
}

function textOf({ text, linkPreview }: Extract<Plain, { type: 'text' }>): proto.Message.IExtendedTextMessage {
  if (!linkPreview) return { text };
  const { url, title, description } = linkPreview;
  const { NONE: previewType } = proto.Message.ExtendedTextMessage.PreviewType;
  return { text, matchedText: url, title, description, previewType };
}

function contactsOf(contacts: readonly { name: string; vcard: string }[]): proto.IMessage {
  const cards = contacts.map(({ name: displayName, vcard }) => ({ displayName, vcard }));
  const [first] = cards;
  if (!first) throw new Unsendable('refused', 'A contact message names nobody.');
  if (cards.length === 1) return { contactMessage: first };
  return { contactsArrayMessage: { displayName: `${cards.length} contacts`, contacts: cards } };
}

function pollOf({ question, options, selectable }: Extract<Plain, { type: 'poll' }>): proto.IMessage {
  const poll = {
    name: question,
    options: options.map((optionName) => ({ optionName })),
    selectableOptionsCount: selectable,
  };
  // Phones show a poll of the third version with round buttons, of which only one can be chosen.
  return selectable === 1 ? { pollCreationMessageV3: poll } : { pollCreationMessage: poll };
}

/** The caption of a file is edited in a copy of the message that carries it. */
async function editOf(
  { target, text, mentions }: Extract<OutgoingContent, { type: 'edit' }>,
  to: string,
  { kept }: ComposeParts,
): Promise<proto.IMessage> {
  const contextInfo = mentions.length === 0 ? {} : { contextInfo: { mentionedJid: [...mentions] } };
  const original = await kept(target.waId);
  const { message: before = {}, kind } = original ? unwrap(original.message) : {};
  const captioned = kind === 'imageMessage' || kind === 'videoMessage' || kind === 'documentMessage';
  const editedMessage = captioned
    ? { [kind]: { ...before[kind], caption: text, ...contextInfo } }
    : { extendedTextMessage: { text, ...contextInfo } };
  const { MESSAGE_EDIT: type } = proto.Message.ProtocolMessage.Type;
  return proto.Message.create({
    protocolMessage: { key: keyOf({ ...target, fromMe: true }, to), type, editedMessage, timestampMs: Date.now() },
  });
}

async function voteOf(
  { target, options }: Extract<OutgoingContent, { type: 'poll_vote' }>,
  to: string,
  { kept, me }: ComposeParts,
): Promise<proto.IMessage> {
  const poll = await kept(target.waId);
  const secret = poll?.message.messageContextInfo?.messageSecret;
  if (!poll || !secret)
    throw new Unsendable('refused', 'The poll is not known, and with it the key that votes are encrypted with.');
  const known = new Map(pollOptions(poll.message).map(({ name, hash }) => [name, hash]));
  const selectedOptions = options.map((option) => {
    const hash = known.get(option);
    if (hash === undefined) throw new Unsendable('refused', `The poll has no option "${option}".`);
    return Buffer.from(hash, 'base64');
  });
  const author = plainJid(poll.key.sender);
  const vote = seal('Poll Vote', proto.Message.PollVoteMessage.encode({ selectedOptions }).finish(), {
    waId: target.waId,
    secret,
    author,
    speaker: ownName(me, poll.key.fromMe ? to : author),
  });
  return proto.Message.create({
    pollUpdateMessage: { pollCreationMessageKey: keyOf(target, to), vote, senderTimestampMs: Date.now() },
  });
}

/** By LID among those who are named by LID, and in groups. */
function ownName({ jid, lid }: Me, place: string): string {
  return plainJid(place.endsWith('@s.whatsapp.net') ? jid : (lid ?? jid));
}

function keyOf({ waId: id, sender, fromMe }: MessageKey, to: string): proto.IMessageKey {
  const isShared = to.endsWith('@g.us') || to.endsWith('@broadcast');
  return { id, remoteJid: to, fromMe, ...(isShared && !fromMe ? { participant: plainJid(sender) } : {}) };
}

function pollNode(polltype: 'creation' | 'vote'): Composed['stanza'] {
  return { additionalNodes: [{ tag: 'meta', attrs: { polltype } }] };
}
