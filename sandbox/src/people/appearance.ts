import { proto } from 'baileys/WAProto/index.js';
import type { World } from '../network/world.ts';
import type { ScreenDetails } from '../store/screen-details.ts';
import type { ScreenMessage } from '../store/screens.ts';
import { parseJid } from '../wire/jid.ts';
import { filled, present } from '../wire/present.ts';
import { mediaAppearance } from './media-messages.ts';
import { contextOf, unwrap } from './message-wrappers.ts';

const { REVOKE, MESSAGE_EDIT, EPHEMERAL_SETTING } = proto.Message.ProtocolMessage.Type;

/** How a message looks on a screen. */
export type Appearance = Pick<ScreenMessage, 'type' | 'text' | 'quotedId' | 'mentions' | 'details'>;
type Kind = { readonly type: string; readonly text?: string | undefined; readonly details?: ScreenDetails };

/** Undefined for what no screen shows: keys, requests between devices. */
export function appearanceOf(world: World, message: proto.IMessage): Appearance | undefined {
  const plain = message.conversation;
  if (plain != null && plain !== '') {
    return { type: 'text', text: plain, quotedId: undefined, mentions: [], details: undefined };
  }
  const { inner, viewOnce } = unwrap(message);
  const kind = kindOf(inner);
  if (kind === undefined) return undefined;
  const context = contextOf(inner);
  const details: ScreenDetails = {
    ...kind.details,
    ...present<ScreenDetails>({
      viewOnce: viewOnce ? true : undefined,
      forwardingScore: context?.isForwarded === true ? Math.max(1, context.forwardingScore ?? 1) : undefined,
      ephemeralSeconds: positive(context?.expiration),
    }),
  };
  return {
    type: kind.type,
    text: kind.text,
    quotedId: context?.stanzaId ?? undefined,
    mentions: mentionsOf(world, context ?? contextOf(editOf(inner) ?? {})),
    details: Object.keys(details).length === 0 ? undefined : details,
  };
}

/** What is written in or under a message, whatever its kind. */
export function wordsOf(message: proto.IMessage): string | undefined {
  const { inner } = unwrap(message);
  return (
    filled(inner.conversation) ?? filled(inner.extendedTextMessage?.text) ?? mediaAppearance(inner)?.details.caption
  );
}

/** What an edit puts in place of the message it is about. */
export function editOf(inner: proto.IMessage): proto.IMessage | undefined {
  const { type, editedMessage } = inner.protocolMessage ?? {};
  return type === MESSAGE_EDIT ? (editedMessage ?? undefined) : undefined;
}

function kindOf(inner: proto.IMessage): Kind | undefined {
  if (filled(inner.conversation) !== undefined) return { type: 'text', text: inner.conversation ?? '' };
  if (inner.extendedTextMessage != null) return textKind(inner.extendedTextMessage);
  const media = mediaAppearance(inner);
  if (media !== undefined) return media;
  if (inner.protocolMessage != null) return protocolKind(inner.protocolMessage);
  return sharedKind(inner) ?? answerKind(inner) ?? unknownKind(inner);
}

function textKind({ text, matchedText, title, description }: proto.Message.IExtendedTextMessage): Kind {
  const url = filled(matchedText);
  if (url === undefined) return { type: 'text', text: text ?? '' };
  const linkPreview = present<NonNullable<ScreenDetails['linkPreview']>>({
    url,
    title: filled(title),
    description: filled(description),
  });
  return { type: 'text', text: text ?? '', details: { linkPreview } };
}

/** Keys, settings and history between the devices of an account are not for people. */
function protocolKind(message: proto.Message.IProtocolMessage): Kind | undefined {
  const messageId = filled(message.key?.id);
  switch (message.type) {
    case REVOKE:
      return messageId === undefined ? undefined : { type: 'revoke', details: { messageId } };
    case MESSAGE_EDIT:
      if (messageId === undefined || message.editedMessage == null) return undefined;
      return { type: 'edit', text: wordsOf(message.editedMessage), details: { messageId } };
    case EPHEMERAL_SETTING:
      return { type: 'timer', details: { ephemeralSeconds: message.ephemeralExpiration ?? 0 } };
    default:
      return undefined;
  }
}

/** Places, people and polls. */
function sharedKind(inner: proto.IMessage): Kind | undefined {
  const place = inner.locationMessage ?? inner.liveLocationMessage;
  if (place != null) return { type: 'location', details: locationOf(inner, place) };
  const contacts = inner.contactMessage == null ? inner.contactsArrayMessage?.contacts : [inner.contactMessage];
  if (contacts != null) {
    const cards = contacts.map(({ displayName, vcard }) => ({ name: displayName ?? '', vcard: vcard ?? '' }));
    return { type: 'contact', details: { contacts: cards } };
  }
  const poll = pollOf(inner);
  return poll === undefined ? undefined : { type: 'poll', details: poll };
}

/** What is said about another message. Which options a vote means can be read only beside its poll. */
function answerKind(inner: proto.IMessage): Kind | undefined {
  if (inner.reactionMessage != null) {
    const { key, text } = inner.reactionMessage;
    return { type: 'reaction', details: { messageId: key?.id ?? '', emoji: filled(text) ?? null } };
  }
  if (inner.pollUpdateMessage == null) return undefined;
  return { type: 'poll_vote', details: { messageId: inner.pollUpdateMessage.pollCreationMessageKey?.id ?? '' } };
}

/** A kind that is not known here is shown by the name that the protocol has for it. */
function unknownKind(inner: proto.IMessage): Kind | undefined {
  const name = Object.keys(inner).find((key) => key.endsWith('Message') && key !== 'senderKeyDistributionMessage');
  return name === undefined ? undefined : { type: name.slice(0, -'Message'.length) };
}

function pollOf(inner: proto.IMessage): ScreenDetails | undefined {
  const poll =
    inner.pollCreationMessage ??
    inner.pollCreationMessageV2 ??
    inner.pollCreationMessageV3 ??
    inner.pollCreationMessageV5;
  if (poll == null) return undefined;
  return {
    question: poll.name ?? '',
    options: (poll.options ?? []).map(({ optionName }) => optionName ?? ''),
    selectable: poll.selectableOptionsCount ?? 0,
  };
}

function locationOf(
  inner: proto.IMessage,
  place: proto.Message.ILocationMessage | proto.Message.ILiveLocationMessage,
): ScreenDetails {
  const named: proto.Message.ILocationMessage = place;
  return present<ScreenDetails>({
    latitude: place.degreesLatitude ?? 0,
    longitude: place.degreesLongitude ?? 0,
    name: filled(named.name),
    address: filled(named.address),
    url: filled(named.url),
    live: inner.liveLocationMessage != null || named.isLive === true ? true : undefined,
  });
}

function mentionsOf(world: World, context: proto.IContextInfo | undefined): string[] {
  return (context?.mentionedJid ?? []).map((raw) => {
    const jid = parseJid(raw);
    return world.accounts.byJid(jid)?.phone ?? ('user' in jid ? jid.user : raw);
  });
}

function positive(value: number | null | undefined): number | undefined {
  return value == null || value <= 0 ? undefined : value;
}
