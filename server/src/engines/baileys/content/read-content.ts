/** The inside of a message: the plaintexts of one stanza, read as what a person would see. */
import type { EngineContent } from '../../../ports/engine.ts';
import type { Origin } from '../envelope.ts';
import { proto } from '../library.ts';
import { encodeKept } from './kept.ts';
import { readAbout } from './read-about.ts';
import { readBusinessText } from './read-business-text.ts';
import { readMedia } from './read-media.ts';
import type { Sealed } from './sealed.ts';
import { type Kind, unwrap } from './unwrap.ts';

/** `sealed` stands in for what only the secret of an earlier message opens. */
export type ReadContent = {
  content: EngineContent | Sealed;
  quotedWaId: string | null;
  forwarded?: true;
  viewOnce?: true;
  ephemeralSeconds?: number;
  kept: Uint8Array | null;
};

/** What devices tell each other and no person reads: keys, settings and history that this account's own phone shares. */
const { Type } = proto.Message.ProtocolMessage;
const housekeeping = new Set<number>([
  Type.HISTORY_SYNC_NOTIFICATION,
  Type.APP_STATE_SYNC_KEY_SHARE,
  Type.APP_STATE_SYNC_KEY_REQUEST,
  Type.APP_STATE_FATAL_EXCEPTION_NOTIFICATION,
  Type.INITIAL_SECURITY_NOTIFICATION_SETTING_SYNC,
  Type.PEER_DATA_OPERATION_REQUEST_MESSAGE,
  Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE,
  Type.LID_MIGRATION_MAPPING_SYNC,
]);

/** What the parts of one stanza say together; null where it is nothing for a person. */
export function readContent(parts: readonly proto.IMessage[], origin: Origin): ReadContent | null {
  const whole = parts.reduce<proto.IMessage>((sum, part) => Object.assign(sum, part), {});
  const { message, kind, viewOnce } = unwrap(whole);
  if (!kind) return null;
  const content = contentOf(message, kind, origin);
  if (!content) return null;
  const context = contextOf(message[kind]);
  const messageSecret = (message.messageContextInfo ?? whole.messageContextInfo)?.messageSecret;
  const read: ReadContent = {
    content,
    quotedWaId: context?.stanzaId ?? null,
    kept: keptOf(content, message, kind, messageSecret ?? null, origin),
  };
  if (context?.isForwarded) read.forwarded = true;
  if (viewOnce || saysViewOnce(message[kind])) read.viewOnce = true;
  if (context?.expiration) read.ephemeralSeconds = context.expiration;
  return read;
}

function contentOf(message: proto.IMessage, kind: Kind, origin: Origin): EngineContent | Sealed | null {
  switch (kind) {
    case 'conversation':
      return { type: 'text', text: message.conversation ?? '', mentions: [] };
    case 'extendedTextMessage':
      return extendedText(message.extendedTextMessage ?? {});
    case 'imageMessage':
    case 'videoMessage':
    case 'ptvMessage':
    case 'audioMessage':
    case 'documentMessage':
    case 'stickerMessage':
      return readMedia(message, kind, origin);
    case 'locationMessage':
      return location(message.locationMessage ?? {});
    case 'liveLocationMessage':
      return liveLocation(message.liveLocationMessage ?? {});
    case 'contactMessage':
      return { type: 'contact', contacts: [card(message.contactMessage ?? {})] };
    case 'contactsArrayMessage':
      return { type: 'contact', contacts: (message.contactsArrayMessage?.contacts ?? []).map(card) };
    case 'pollCreationMessage':
    case 'pollCreationMessageV2':
    case 'pollCreationMessageV3':
    case 'pollCreationMessageV5':
      return poll(message[kind] ?? {});
    case 'reactionMessage':
    case 'encReactionMessage':
    case 'pollUpdateMessage':
    case 'secretEncryptedMessage':
      return readAbout(message, kind, origin);
    case 'protocolMessage':
      return protocolContent(message, origin);
    default:
      return readBusinessText(message, kind) ?? { type: 'unsupported', kind };
  }
}

function extendedText({ text, contextInfo, matchedText, title, description }: proto.Message.IExtendedTextMessage) {
  const preview = matchedText && (title || description);
  return {
    type: 'text' as const,
    text: text ?? '',
    mentions: contextInfo?.mentionedJid ?? [],
    ...(preview ? { linkPreview: { url: matchedText, title: title || null, description: description || null } } : {}),
  };
}

function location(place: proto.Message.ILocationMessage): EngineContent {
  return {
    type: 'location',
    latitude: place.degreesLatitude ?? 0,
    longitude: place.degreesLongitude ?? 0,
    name: place.name || null,
    address: place.address || null,
    live: place.isLive === true,
  };
}

function liveLocation(place: proto.Message.ILiveLocationMessage): EngineContent {
  return {
    type: 'location',
    latitude: place.degreesLatitude ?? 0,
    longitude: place.degreesLongitude ?? 0,
    name: place.caption || null,
    address: null,
    live: true,
  };
}

function card({ displayName, vcard }: proto.Message.IContactMessage) {
  return { name: displayName ?? '', vcard: vcard ?? '' };
}

function poll({ name, options, selectableOptionsCount }: proto.Message.IPollCreationMessage): EngineContent {
  return {
    type: 'poll',
    question: name ?? '',
    options: (options ?? []).map(({ optionName }) => optionName ?? ''),
    selectable: selectableOptionsCount ?? 0,
  };
}

function protocolContent(message: proto.IMessage, origin: Origin): EngineContent | Sealed | null {
  const type = message.protocolMessage?.type ?? Type.REVOKE;
  if (housekeeping.has(type)) return null;
  if (type === Type.REVOKE || type === Type.MESSAGE_EDIT) return readAbout(message, 'protocolMessage', origin);
  const name = (Type as unknown as Record<number, string | undefined>)[type];
  return { type: 'unsupported', kind: `protocolMessage.${(name ?? String(type)).toLowerCase()}` };
}

const notComeBackTo = new Set<ReadContent['content']['type']>(['reaction', 'edit', 'revoke', 'poll_vote', 'sealed']);

/** What others may come back to: all of it, but of a text only the secret that its edits and reactions are sealed with. */
function keptOf(
  content: EngineContent | Sealed,
  message: proto.IMessage,
  kind: Kind,
  messageSecret: Uint8Array | null,
  { key }: Origin,
): Uint8Array | null {
  if (notComeBackTo.has(content.type)) return null;
  if (kind === 'conversation' || kind === 'extendedTextMessage') {
    return messageSecret && encodeKept(key, { messageContextInfo: { messageSecret } });
  }
  return encodeKept(key, {
    [kind]: message[kind],
    ...(messageSecret ? { messageContextInfo: { messageSecret } } : {}),
  });
}

/** Nearly every kind has one, each under its own type. */
function contextOf(content: unknown): proto.IContextInfo | null {
  if (typeof content !== 'object' || content === null || !('contextInfo' in content)) return null;
  const { contextInfo } = content;
  return typeof contextInfo === 'object' ? contextInfo : null;
}

function saysViewOnce(content: unknown): boolean {
  return typeof content === 'object' && content !== null && 'viewOnce' in content && content.viewOnce === true;
}
