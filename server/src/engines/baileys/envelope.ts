/**
 * The outside of a message stanza: who wrote, where, when. Read from its attributes alone, so that a stanza which waited in the
 * journal is read in the same way as one that has just come.
 */
import { identityOf, type KnownIdentity } from '../../domain/identity.ts';
import type { EngineChat, MessageKey } from '../../ports/engine.ts';

/** A stanza's attributes as they came. */
export type Attributes = Readonly<Record<string, string | undefined>>;

/** This account: `jid` and `lid` as WhatsApp writes them, with or without a device part. */
export type Me = { jid: string; lid: string | null };

export type Envelope = {
  waId: string;
  chat: EngineChat;
  sender: KnownIdentity;
  fromMe: boolean;
  pushName: string | null;
  offline: boolean;
  /** ms since the epoch */
  timestamp: number;
  origin: Origin;
};

/** What the content of a message is read against: whose it is, in the words of the wire. */
export type Origin = {
  key: MessageKey;
  me: Me;
  isGroup: boolean;
  /** WhatsApp's server vouches that it came from an admin of the group, acting as one. */
  byAdmin: boolean;
};

/** As WhatsApp marks the stanza. */
export const REVOKED_BY_ADMIN = '8';

const nobody: KnownIdentity = { phoneNumber: null, lid: null };

/** Null where the attributes do not say from whom, or name a sender without a right to speak for another chat. */
export function readEnvelope(attributes: Attributes, me: Me): Envelope | null {
  const { id, from, participant, recipient, notify, t, offline } = attributes;
  if (!id || !from) return null;
  const author = participant ?? from;
  const fromMe = isSame(author, me);
  const place = placeOf(from, recipient, fromMe, attributes);
  if (!place) return null;
  const isGroup = place.kind === 'group';
  const chat = plainJid(place.kind === 'person' && fromMe && recipient ? recipient : from);
  return {
    waId: id,
    chat: place,
    sender: fromMe ? identityOfMe(me) : bothOf(author, senderAlternatives(attributes)),
    fromMe,
    pushName: notify === undefined || notify === '' ? null : notify,
    offline: offline !== undefined,
    timestamp: Number(t ?? 0) * 1000,
    origin: {
      key: { waId: id, chat, sender: plainJid(author), fromMe },
      me,
      isGroup,
      byAdmin: isGroup && attributes.edit === REVOKED_BY_ADMIN,
    },
  };
}

/** Who somebody is by a JID of theirs and whatever other names came with it. */
export function bothOf(jid: string | undefined, alternatives: readonly (string | undefined)[]): KnownIdentity {
  const known = { ...nobody };
  for (const name of [jid, ...alternatives]) {
    if (!name) continue;
    const { phoneNumber, lid } = identityOf(plainJid(name));
    known.phoneNumber ??= phoneNumber;
    known.lid ??= lid;
  }
  return known;
}

export function identityOfMe(me: Me): KnownIdentity {
  return bothOf(me.jid, [me.lid ?? undefined]);
}

export function senderAlternatives(attributes: Attributes): (string | undefined)[] {
  const { participant_pn, participant_lid, sender_pn, sender_lid } = attributes;
  return [participant_pn, participant_lid, sender_pn, sender_lid];
}

/** Without the device, and a hosted account under the name its owner has everywhere else. */
export function plainJid(jid: string): string {
  const [user = '', server = ''] = jid.split('@');
  const plain = user.split(':')[0] ?? '';
  if (server === 'hosted') return `${plain}@s.whatsapp.net`;
  if (server === 'hosted.lid') return `${plain}@lid`;
  return `${plain}@${server}`;
}

export function isSame(jid: string, me: Me): boolean {
  const plain = plainJid(jid);
  return plain === plainJid(me.jid) || (me.lid !== null && plain === plainJid(me.lid));
}

function placeOf(
  from: string,
  recipient: string | undefined,
  fromMe: boolean,
  attributes: Attributes,
): EngineChat | null {
  const server = from.slice(from.indexOf('@') + 1);
  switch (server) {
    case 'g.us':
      return { kind: 'group', jid: from };
    case 'newsletter':
      return { kind: 'newsletter', jid: from };
    case 'broadcast':
      return { kind: from === 'status@broadcast' ? 'status' : 'broadcast', jid: from };
  }
  if (recipient !== undefined && fromMe) return person(bothOf(recipient, recipientAlternatives(attributes)));
  // Somebody else who names a recipient would write into a chat that is not theirs.
  if (recipient !== undefined && identityIsKnown(bothOf(recipient, []))) return null;
  return person(bothOf(from, senderAlternatives(attributes)));
}

function recipientAlternatives(attributes: Attributes): (string | undefined)[] {
  const { recipient_pn, recipient_lid, peer_recipient_pn, peer_recipient_lid } = attributes;
  return [recipient_pn, recipient_lid, peer_recipient_pn, peer_recipient_lid];
}

function person(identity: KnownIdentity): EngineChat | null {
  return identityIsKnown(identity) ? { kind: 'person', identity } : null;
}

function identityIsKnown({ phoneNumber, lid }: KnownIdentity): boolean {
  return phoneNumber !== null || lid !== null;
}
