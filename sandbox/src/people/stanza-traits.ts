import { proto } from 'baileys/WAProto/index.js';
import type { Envelope } from '../signal/envelope.ts';
import { type Stanza, el } from '../wire/stanza.ts';
import { mediaTypeOf } from './media-messages.ts';
import { unwrap } from './message-wrappers.ts';

const { REVOKE, MESSAGE_EDIT } = proto.Message.ProtocolMessage.Type;

/** What the network is told of a message that it cannot read. */
export type Traits = {
  readonly type: 'text' | 'media' | 'reaction' | 'poll';
  readonly edit?: '1' | '7' | '8';
  /** On the envelope: the kind of file, and whether nobody needs to know where it could not be read. */
  readonly mediatype?: string;
  readonly hidden?: true;
  readonly polltype?: 'creation' | 'vote';
};

type Sealed = {
  readonly type: Envelope['type'] | 'skmsg';
  readonly ciphertext: Uint8Array;
  readonly count?: number | undefined;
};

/** The envelopes of a message and what goes open beside them. */
export function envelopeStanzas({ mediatype, hidden, polltype }: Traits, envelopes: readonly Sealed[]): Stanza[] {
  const failing = hidden === true ? 'hide' : undefined;
  const stanzas = envelopes.map(({ type, ciphertext, count }) =>
    el('enc', { v: 2, type, count, mediatype, 'decrypt-fail': failing }, ciphertext),
  );
  return polltype === undefined ? stanzas : [...stanzas, el('meta', { polltype })];
}

/** Says that there is a message which only a phone may open. */
export function unavailableStanza(): Stanza {
  return el('unavailable', { type: 'view_once' });
}

const PLAIN: Traits = { type: 'text' };

export function traitsOf(message: proto.IMessage): Traits {
  if (message.conversation != null) return PLAIN;
  const { inner } = unwrap(message);
  if (inner.reactionMessage != null) return { type: 'reaction', hidden: true };
  if (inner.pollUpdateMessage != null) return { type: 'poll', polltype: 'vote', hidden: true };
  if (inner.pollCreationMessage != null || inner.pollCreationMessageV3 != null) {
    return { type: 'poll', polltype: 'creation' };
  }
  switch (inner.protocolMessage?.type) {
    case REVOKE:
      // An admin takes back what somebody else wrote.
      return { type: 'text', edit: inner.protocolMessage.key?.fromMe === true ? '7' : '8', hidden: true };
    case MESSAGE_EDIT:
      return { type: 'text', edit: '1', hidden: true };
    default: {
      const mediatype = mediatypeOf(inner);
      return mediatype === undefined ? PLAIN : { type: 'media', mediatype };
    }
  }
}

function mediatypeOf(inner: proto.IMessage): string | undefined {
  if (inner.videoMessage?.gifPlayback === true) return 'gif';
  if (inner.contactMessage != null) return 'vcard';
  if (inner.contactsArrayMessage != null) return 'contact_array';
  if (inner.locationMessage != null) return 'location';
  if (inner.liveLocationMessage != null) return 'livelocation';
  if (inner.extendedTextMessage?.matchedText != null) return 'url';
  const type = mediaTypeOf(inner);
  return type === 'voice' ? 'ptt' : type;
}
