/** Whether two messages are one, and whether they stand in one chat. Pure. */
import { isPerson, type KnownIdentity, overlap } from './identity.ts';
import type { MessageRecord } from './message.ts';

/**
 * Whether two messages are one. Between two deliveries a phone number and a LID may have turned out to be one person, so people are
 * compared by what is known of both, and not by the JID they are written with.
 */
export function isSame(stored: MessageRecord, record: MessageRecord): boolean {
  return (
    stored.waId === record.waId &&
    stored.direction === record.direction &&
    overlap(stored.from, record.from) &&
    inOneChat(stored, record)
  );
}

/** Whether two messages stand in the same chat, which may be named by the number of a person or by his LID. */
export function inOneChat(one: MessageRecord, other: MessageRecord): boolean {
  if (one.chat === other.chat) return true;
  return isPerson(one.chat) && isPerson(other.chat) && overlap(peerOf(one), peerOf(other));
}

function peerOf({ direction, from, to }: MessageRecord): KnownIdentity {
  return direction === 'in' ? from : to;
}
