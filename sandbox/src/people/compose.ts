import { randomBytes } from 'node:crypto';
import { proto } from 'baileys/WAProto/index.js';
import type { World } from '../network/world.ts';
import type { Account } from '../store/accounts.ts';
import type { ScreenMessage } from '../store/screens.ts';
import { present } from '../wire/present.ts';
import type { Chat } from './chat.ts';
import type { Draft, LinkPreview, Manner, Place } from './draft.ts';
import { composeMedia } from './media-drafts.ts';
import { unwrap } from './message-wrappers.ts';
import { sealVote } from './poll-votes.ts';
import { Refused } from '../network/refused.ts';
import { secretOf } from './show-message.ts';

const { REVOKE, MESSAGE_EDIT, EPHEMERAL_SETTING } = proto.Message.ProtocolMessage.Type;
const SECRET = 32;

/** The message that a phone's own client would make of it. Throws `Refused` where it is about something that is gone. */
export function compose(world: World, author: Account, chat: Chat, draft: Draft, manner: Manner): proto.IMessage {
  const message = contentOf(world, author, chat, draft);
  const context = contextInfo(world, chat, manner);
  const told = context === undefined ? message : withContext(message, context);
  return wrapped(told, draft, manner);
}

function contentOf(world: World, author: Account, chat: Chat, draft: Draft): proto.IMessage {
  switch (draft.type) {
    case 'text':
      return composeText(draft.text, draft.linkPreview);
    case 'location':
      return composeLocation(draft);
    case 'contact':
      return composeContacts(draft.contacts);
    case 'poll':
      return composePoll(draft);
    case 'poll_vote':
      return composeVote(world, author, chat, draft.target, draft.options);
    case 'reaction': {
      const key = keyOf(world, author, chat, draft.target);
      return { reactionMessage: { key, text: draft.emoji ?? '', senderTimestampMs: world.clock.now() } };
    }
    case 'edit': {
      const key = keyOf(world, author, chat, draft.target);
      const editedMessage = editedContent(draft.target, draft.text);
      const protocolMessage = { type: MESSAGE_EDIT, key, editedMessage, timestampMs: world.clock.now() };
      return { editedMessage: { message: { protocolMessage } } };
    }
    case 'revoke':
      return { protocolMessage: { type: REVOKE, key: keyOf(world, author, chat, draft.target) } };
    case 'timer': {
      const timer = { type: EPHEMERAL_SETTING, ephemeralExpiration: draft.ephemeralSeconds };
      return { ephemeralMessage: { message: { protocolMessage: timer } } };
    }
    default:
      return composeMedia(world, draft);
  }
}

function composeText(text: string, preview: LinkPreview | undefined): proto.IMessage {
  if (preview === undefined) return { conversation: text };
  const { url, title, description, thumbnail } = preview;
  return {
    extendedTextMessage: present<proto.Message.IExtendedTextMessage>({
      text,
      matchedText: url,
      title,
      description,
      jpegThumbnail: thumbnail,
    }),
  };
}

function composeLocation(place: Place): proto.IMessage {
  const { latitude: degreesLatitude, longitude: degreesLongitude, name, address, url } = place;
  if (place.live === true) return { liveLocationMessage: { degreesLatitude, degreesLongitude, sequenceNumber: 1 } };
  return { locationMessage: present({ degreesLatitude, degreesLongitude, name, address, url }) };
}

function composeContacts(contacts: Extract<Draft, { type: 'contact' }>['contacts']): proto.IMessage {
  const cards = contacts.map(({ name, vcard }) => ({ displayName: name, vcard }));
  const [only, ...more] = cards;
  if (only !== undefined && more.length === 0) return { contactMessage: only };
  return { contactsArrayMessage: { displayName: `${cards.length} contacts`, contacts: cards } };
}

function composePoll({ question, options, selectable }: Extract<Draft, { type: 'poll' }>): proto.IMessage {
  const poll = {
    name: question,
    options: options.map((optionName) => ({ optionName })),
    selectableOptionsCount: selectable,
  };
  const messageContextInfo = { messageSecret: randomBytes(SECRET) };
  // A poll with one answer has a version of its own.
  if (selectable === 1) return { messageContextInfo, pollCreationMessageV3: poll };
  return { messageContextInfo, pollCreationMessage: poll };
}

function composeVote(
  world: World,
  author: Account,
  chat: Chat,
  poll: ScreenMessage,
  options: readonly string[],
): proto.IMessage {
  const secret = secretOf(poll);
  const creator = world.accounts.byPhone(poll.from);
  if (secret === undefined || creator === undefined) throw gone(poll.id);
  const ballot = { secret, pollId: poll.id, pollAuthor: chat.address(creator), voter: chat.address(author) };
  return {
    pollUpdateMessage: {
      pollCreationMessageKey: keyOf(world, author, chat, poll),
      vote: sealVote(ballot, options),
      senderTimestampMs: world.clock.now(),
    },
  };
}

/** What an edit puts in place: the text, or the file with other words under it. */
function editedContent(target: ScreenMessage, text: string): proto.IMessage {
  if (target.content === undefined) throw gone(target.id);
  const { inner } = unwrap(proto.Message.decode(target.content));
  const { imageMessage, videoMessage, documentMessage } = inner;
  if (imageMessage != null) return { imageMessage: { ...imageMessage, caption: text } };
  if (videoMessage != null) return { videoMessage: { ...videoMessage, caption: text } };
  if (documentMessage != null) return { documentMessage: { ...documentMessage, caption: text } };
  return { extendedTextMessage: { text } };
}

/** A message as its writer's devices name it. */
function keyOf(world: World, author: Account, chat: Chat, target: ScreenMessage): proto.IMessageKey {
  const writer = chat.group === undefined ? undefined : world.accounts.byPhone(target.from);
  return present<proto.IMessageKey>({
    remoteJid: chat.jid,
    fromMe: target.from === author.phone,
    id: target.id,
    participant: writer && chat.address(writer),
  });
}

function contextInfo(world: World, chat: Chat, manner: Manner): proto.IContextInfo | undefined {
  const { quoted, mentioned, forwardingScore, ephemeralSeconds } = manner;
  const author = quoted === undefined ? undefined : world.accounts.byPhone(quoted.from);
  const context = present<proto.IContextInfo>({
    stanzaId: quoted?.id,
    participant: author && chat.address(author),
    quotedMessage: quoted && quotedContent(quoted),
    mentionedJid: mentioned.length === 0 ? undefined : mentioned.map((person) => chat.address(person)),
    isForwarded: forwardingScore > 0 ? true : undefined,
    forwardingScore: forwardingScore > 0 ? forwardingScore : undefined,
    expiration: ephemeralSeconds > 0 ? ephemeralSeconds : undefined,
  });
  return Object.keys(context).length === 0 ? undefined : context;
}

/** What is quoted, without what it quoted itself. */
function quotedContent(quoted: ScreenMessage): proto.IMessage {
  if (quoted.content === undefined) return { conversation: quoted.text ?? '' };
  const { inner } = unwrap(proto.Message.decode(quoted.content));
  const { messageContextInfo: _, senderKeyDistributionMessage: __, ...bare } = inner;
  for (const part of Object.values(bare) as unknown[]) {
    if (typeof part === 'object' && part !== null && 'contextInfo' in part) part.contextInfo = null;
  }
  return bare;
}

/** A plain text has no room for more than its words. */
function withContext(message: proto.IMessage, context: proto.IContextInfo): proto.IMessage {
  const { conversation, ...rest } = message;
  if (conversation != null) return { extendedTextMessage: { text: conversation, contextInfo: context } };
  const [name, content] = Object.entries(rest).find(([key]) => TAKES_CONTEXT.has(key)) ?? [];
  if (name === undefined) return message;
  return { ...rest, [name]: { ...(content as object), contextInfo: context } };
}

const TAKES_CONTEXT = new Set([
  'extendedTextMessage',
  'imageMessage',
  'videoMessage',
  'audioMessage',
  'documentMessage',
  'stickerMessage',
  'locationMessage',
  'liveLocationMessage',
  'contactMessage',
  'contactsArrayMessage',
  'pollCreationMessage',
  'pollCreationMessageV3',
]);

/** Reactions, votes, edits and revokes are never wrapped: they go as what they are about. */
const ABOUT_OTHERS: ReadonlySet<Draft['type']> = new Set(['reaction', 'poll_vote', 'edit', 'revoke', 'timer']);

function wrapped(message: proto.IMessage, draft: Draft, { viewOnce, ephemeralSeconds }: Manner): proto.IMessage {
  if (ABOUT_OTHERS.has(draft.type)) return message;
  const { messageContextInfo, ...content } = message;
  let inner: proto.IMessage = content;
  if (inner.documentMessage?.caption != null) inner = { documentWithCaptionMessage: { message: inner } };
  if (viewOnce !== false) inner = onceOnly(inner);
  if (ephemeralSeconds > 0) inner = { ephemeralMessage: { message: inner } };
  return messageContextInfo == null ? inner : { ...inner, messageContextInfo };
}

function onceOnly({ imageMessage, videoMessage, audioMessage }: proto.IMessage): proto.IMessage {
  if (imageMessage != null)
    return { viewOnceMessageV2: { message: { imageMessage: { ...imageMessage, viewOnce: true } } } };
  if (videoMessage != null)
    return { viewOnceMessageV2: { message: { videoMessage: { ...videoMessage, viewOnce: true } } } };
  if (audioMessage == null)
    throw new Refused(400, 'validation_failed', 'Only an image, a video or a voice is seen once.');
  return { viewOnceMessageV2Extension: { message: { audioMessage: { ...audioMessage, viewOnce: true } } } };
}

function gone(id: string): Refused {
  return new Refused(409, 'message_gone', 'This message is no longer on the phone, so nothing can be done with it.', {
    messageId: id,
  });
}
