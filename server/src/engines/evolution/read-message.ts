/** A message as the server tells of it, in our words. Pure. */
import { z } from 'zod';
import { identityOf, type KnownIdentity } from '../../domain/identity.ts';
import { keep } from './kept.ts';
import { readMedia } from './read-media.ts';
import type { EngineChat, EngineContent, EngineMessage, MessageKey } from '../../ports/engine.ts';

const Jid = z.string().nullish();

export const Key = z.looseObject({
  id: z.string().min(1),
  remoteJid: z.string(),
  fromMe: z.boolean().nullish(),
  participant: Jid,
  /** The other name of who is meant; servers of different ages put it here or there. */
  remoteJidAlt: Jid,
  participantAlt: Jid,
  senderPn: Jid,
  senderLid: Jid,
  participantPn: Jid,
  participantLid: Jid,
});
export type Key = z.infer<typeof Key>;

const Context = z.looseObject({
  stanzaId: z.string().nullish(),
  mentionedJid: z.array(z.string()).nullish(),
  isForwarded: z.boolean().nullish(),
  expiration: z.number().nullish(),
});

export const ToldMessage = z.looseObject({
  key: Key,
  pushName: z.string().nullish(),
  message: z.record(z.string(), z.unknown()).nullish(),
  contextInfo: Context.nullish().catch(null),
  messageTimestamp: z.union([z.number(), z.string(), z.looseObject({ low: z.number() })]).nullish(),
});
export type ToldMessage = z.infer<typeof ToldMessage>;

const Text = z.looseObject({ text: z.string(), contextInfo: Context.nullish().catch(null) });
const Place = z.looseObject({
  degreesLatitude: z.number(),
  degreesLongitude: z.number(),
  name: z.string().nullish(),
  address: z.string().nullish(),
});
const Card = z.looseObject({ displayName: z.string().nullish(), vcard: z.string().nullish() });
const Cards = z.looseObject({ ...Card.shape, contacts: z.array(Card).nullish() });
const Poll = z.looseObject({
  name: z.string(),
  options: z.array(z.looseObject({ optionName: z.string() })),
  selectableOptionsCount: z.number().nullish(),
});
const Vote = z.looseObject({
  pollCreationMessageKey: Key,
  vote: z.looseObject({ selectedOptions: z.array(z.string()) }),
});
const Reaction = z.looseObject({ key: Key, text: z.string().nullish() });

/** null: nothing that anybody said. `me` is this account. */
export function readMessage(told: ToldMessage, me: KnownIdentity, offline: boolean): EngineMessage | null {
  const { key, message } = told;
  if (!message) return null;
  const fromMe = key.fromMe === true;
  const chat = chatOf(key, me);
  const sender = fromMe ? completed(me, key, chat) : authorOf(key, chat);
  const context = contextOf(told);
  const { inner, viewOnce } = unwrapped(message);
  const content = contentOf(inner, { key, me, context });
  if (!content) return null;
  return {
    waId: key.id,
    chat,
    sender,
    fromMe,
    pushName: fromMe ? null : told.pushName || null,
    content,
    quotedWaId: context?.stanzaId ?? null,
    ...(context?.isForwarded === true && { forwarded: true }),
    ...(viewOnce && { viewOnce }),
    ...(context?.expiration && { ephemeralSeconds: context.expiration }),
    kept: keep({
      remoteJid: key.remoteJid,
      fromMe,
      ...(key.participant && { participant: key.participant }),
      ...('media' in content && { file: true }),
    }),
    offline,
    timestamp: timeOf(told),
  };
}

/** ms since the epoch. */
export function timeOf({ messageTimestamp: given }: ToldMessage): number {
  const seconds = typeof given === 'object' ? given?.low : given;
  return seconds == null ? Date.now() : Number(seconds) * 1000;
}

export function chatOf(key: Key, me: KnownIdentity): EngineChat {
  const { remoteJid } = key;
  if (remoteJid === 'status@broadcast') return { kind: 'status', jid: remoteJid };
  if (remoteJid.endsWith('@g.us')) return { kind: 'group', jid: remoteJid };
  if (remoteJid.endsWith('@newsletter')) return { kind: 'newsletter', jid: remoteJid };
  if (remoteJid.endsWith('@broadcast')) return { kind: 'broadcast', jid: remoteJid };
  // Where we wrote, the names of a sender are our own.
  const senders = key.fromMe === true ? [] : [key.senderPn, key.senderLid];
  const identity = joined([remoteJid, key.remoteJidAlt, ...senders]);
  const isSelf = identity.phoneNumber !== null && identity.phoneNumber === me.phoneNumber;
  return { kind: 'person', identity: isSelf ? me : identity };
}

export function authorOf(key: Key, chat: EngineChat): KnownIdentity {
  if (chat.kind === 'person') return chat.identity;
  const { participant, participantAlt, participantPn, participantLid, senderPn, senderLid } = key;
  return joined([participant, participantAlt, participantPn, participantLid, senderPn, senderLid]);
}

/** In a group the server names us too. */
function completed(me: KnownIdentity, key: Key, chat: EngineChat): KnownIdentity {
  if (chat.kind === 'person') return me;
  const { lid, phoneNumber } = authorOf(key, chat);
  return { phoneNumber: me.phoneNumber ?? phoneNumber, lid: me.lid ?? lid };
}

/** What several names of one person tell together. */
export function joined(jids: readonly (string | null | undefined)[]): KnownIdentity {
  const known = jids.filter((jid) => jid != null && jid !== '').map((jid) => identityOf(jid as string));
  return {
    phoneNumber: known.find(({ phoneNumber }) => phoneNumber !== null)?.phoneNumber ?? null,
    lid: known.find(({ lid }) => lid !== null)?.lid ?? null,
  };
}

function contextOf({ contextInfo, message }: ToldMessage): z.infer<typeof Context> | null {
  if (contextInfo) return contextInfo;
  const part = Object.values(message ?? {}).find((value) => typeof value === 'object' && value !== null);
  return z.looseObject({ contextInfo: Context }).safeParse(part).data?.contextInfo ?? null;
}

/** Wrappers in which a message may come. */
const WRAPPERS: readonly string[] = ['ephemeralMessage', 'documentWithCaptionMessage'];
const SEEN_ONCE: readonly string[] = ['viewOnceMessage', 'viewOnceMessageV2', 'viewOnceMessageV2Extension'];

const Wrapped = z.looseObject({ message: z.record(z.string(), z.unknown()) });

type Message = Readonly<Record<string, unknown>>;

function unwrapped(message: Message): { inner: Message; viewOnce: boolean } {
  const wrapper = [...WRAPPERS, ...SEEN_ONCE].find((name) => message[name] != null);
  const inner = wrapper === undefined ? undefined : Wrapped.safeParse(message[wrapper]).data?.message;
  if (wrapper === undefined || !inner) {
    const isSeenOnce = Object.values(message).some((part) => SeenOnce.safeParse(part).success);
    return { inner: message, viewOnce: isSeenOnce };
  }
  const within = unwrapped(inner);
  return { inner: within.inner, viewOnce: within.viewOnce || SEEN_ONCE.includes(wrapper) };
}

const SeenOnce = z.looseObject({ viewOnce: z.literal(true) });

type About = { key: Key; me: KnownIdentity; context: z.infer<typeof Context> | null };

/** What a message may carry beside what it says. */
const ASIDE: readonly string[] = ['messageContextInfo', 'senderKeyDistributionMessage', 'base64', 'mediaUrl'];

function contentOf(message: Message, about: About): EngineContent | null {
  const kind = Object.keys(message).find((name) => !ASIDE.includes(name) && message[name] != null);
  if (kind === undefined) return null;
  const part = message[kind];
  const mentions = about.context?.mentionedJid ?? [];
  switch (kind) {
    case 'conversation':
      return typeof part === 'string' ? { type: 'text', text: part, mentions } : unsupported(kind);
    case 'extendedTextMessage': {
      const { data } = Text.safeParse(part);
      return data ? { type: 'text', text: data.text, mentions } : unsupported(kind);
    }
    case 'locationMessage':
    case 'liveLocationMessage': {
      const { data } = Place.safeParse(part);
      if (!data) return unsupported(kind);
      const { degreesLatitude: latitude, degreesLongitude: longitude, name, address } = data;
      const words = { name: name || null, address: address || null };
      return { type: 'location', latitude, longitude, ...words, live: kind === 'liveLocationMessage' };
    }
    case 'reactionMessage': {
      const { data } = Reaction.safeParse(part);
      return data
        ? { type: 'reaction', target: targetOf(data.key, about), emoji: data.text || null }
        : unsupported(kind);
    }
    case 'contactMessage':
    case 'contactsArrayMessage': {
      const { data } = Cards.safeParse(part);
      const cards = data && (data.contacts ?? [data]);
      return cards
        ? {
            type: 'contact',
            contacts: cards.map(({ displayName, vcard }) => ({ name: displayName ?? '', vcard: vcard ?? '' })),
          }
        : unsupported(kind);
    }
    case 'pollCreationMessage':
    case 'pollCreationMessageV2':
    case 'pollCreationMessageV3': {
      const { data } = Poll.safeParse(part);
      if (!data) return unsupported(kind);
      const { name: question, options, selectableOptionsCount } = data;
      return {
        type: 'poll',
        question,
        options: options.map((one) => one.optionName),
        selectable: selectableOptionsCount ?? 0,
      };
    }
    case 'pollUpdateMessage': {
      const { data } = Vote.safeParse(part);
      // Versions before 2 hand over what only they could decrypt.
      if (!data) return unsupported(kind);
      const target = targetOf(data.pollCreationMessageKey, about);
      return { type: 'poll_vote', target, options: data.vote.selectedOptions };
    }
    case 'protocolMessage':
      return null;
    default:
      return readMedia(kind, part, about.key, mentions) ?? unsupported(kind);
  }
}

/** The server names the author as we see him. */
export function targetOf(target: Key, { key, me }: Pick<About, 'key' | 'me'>): MessageKey {
  const fromMe = target.fromMe === true;
  const own = me.phoneNumber === null ? (me.lid ?? '') : `${me.phoneNumber}@s.whatsapp.net`;
  const sender = fromMe ? own : (target.participant ?? key.remoteJid);
  return { waId: target.id, chat: key.remoteJid, sender: sender || key.remoteJid, fromMe };
}

const unsupported = (kind: string): EngineContent => ({ type: 'unsupported', kind });
