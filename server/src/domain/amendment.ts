/** What is done to a message after it was written: reactions, votes, edits, and that it is taken back. Pure. */
import type { MessageContent } from '@zapfleet/contract';
import { type KnownIdentity, overlap } from './identity.ts';
import { isLost, isUnsent, type MessageRecord } from './message.ts';
import { inOneChat } from './same-message.ts';

/** `at`: when it was done, ms since the epoch. Of what one person did, the newest counts, in whatever order it arrives. */
export type Amendment = { from: KnownIdentity; at: number } & (
  | { kind: 'reaction'; emoji: string | null }
  | { kind: 'poll_vote'; options: readonly string[] }
  | { kind: 'edit'; text: string; mentions: readonly string[] }
  | { kind: 'revoke' }
);

export type AmendmentContent = Extract<MessageContent, { type: Amendment['kind'] }>;

export function isAmendment(content: MessageContent): content is AmendmentContent {
  switch (content.type) {
    case 'reaction':
    case 'poll_vote':
    case 'edit':
    case 'revoke':
      return true;
    default:
      return false;
  }
}

/** What a stored reaction, vote, edit or revoke does to the message that it is about; null for every other message. */
export function amendmentOf({ content, from, timestamp }: MessageRecord): Amendment | null {
  const by = { from, at: timestamp };
  switch (content.type) {
    case 'reaction':
      return { ...by, kind: 'reaction', emoji: content.emoji };
    case 'poll_vote':
      return { ...by, kind: 'poll_vote', options: content.options };
    case 'edit':
      return { ...by, kind: 'edit', text: content.text, mentions: content.mentions };
    case 'revoke':
      return { ...by, kind: 'revoke' };
    default:
      return null;
  }
}

/** The message afterwards; null where nothing changes: it is older than what was done since, was done before, or is not for this person to do. */
export function amend(message: MessageRecord, amendment: Amendment): MessageRecord | null {
  if (message.revokedAt !== null || message.targetWaId !== null) return null;
  switch (amendment.kind) {
    case 'reaction': {
      const { from, emoji, at } = amendment;
      const reactions = withNewest(message.reactions, { from, emoji, at }, (one) => one.emoji === emoji);
      return reactions && { ...message, reactions };
    }
    case 'poll_vote':
      return voted(message, amendment);
    case 'edit':
      return edited(message, amendment);
    case 'revoke':
      if (!mayRevoke(message, amendment.from)) return null;
      return {
        ...message,
        ...{ content: { type: 'revoked' }, revokedAt: amendment.at, reactions: [], votes: [] },
        ...{ editedAt: null, quotedId: null, quotedWaId: null },
      };
  }
}

function voted(
  message: MessageRecord,
  { from, options, at }: Extract<Amendment, { kind: 'poll_vote' }>,
): MessageRecord | null {
  const { content } = message;
  if (content.type !== 'poll') return null;
  const known = options.filter((option) => content.options.includes(option));
  const isSame = (one: { options: readonly string[] }) => sameOptions(one.options, known);
  const votes = withNewest(message.votes, { from, options: known, at }, isSame);
  return votes && { ...message, votes };
}

function edited(
  message: MessageRecord,
  { from, text, mentions, at }: Extract<Amendment, { kind: 'edit' }>,
): MessageRecord | null {
  const { content, editedAt } = message;
  if (!overlap(message.from, from) || (editedAt !== null && editedAt > at)) return null;
  switch (content.type) {
    case 'text':
      if (editedAt === at && content.text === text) return null;
      return { ...message, content: { type: 'text', text, mentions: [...mentions] }, editedAt: at };
    case 'image':
    case 'video':
    case 'document':
      if (editedAt === at && content.caption === text) return null;
      return { ...message, content: { ...content, caption: text, mentions: [...mentions] }, editedAt: at };
    default:
      return null;
  }
}

/** Everybody what he wrote himself; in a group its admins too, and who is one only WhatsApp knows. */
function mayRevoke({ from, chat }: MessageRecord, by: KnownIdentity): boolean {
  return overlap(from, by) || chat.endsWith('@g.us');
}

/** Null where the newest word of this person stays as it is. */
function withNewest<T extends { from: KnownIdentity; at: number }>(
  given: readonly T[],
  next: T,
  isSame: (one: T) => boolean,
): readonly T[] | null {
  const before = given.filter((one) => overlap(one.from, next.from));
  if (before.some((one) => one.at > next.at || (one.at === next.at && isSame(one)))) return null;
  return [...given.filter((one) => !before.includes(one)), next];
}

function sameOptions(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((one) => others.includes(one));
}

/** A message that is about to be stored, with everything done to it that came before it. `found` may hold other messages too. */
export function withEarlier(message: MessageRecord, found: readonly MessageRecord[]): MessageRecord {
  let after = message;
  for (const earlier of found.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    const amendment = earlier.targetWaId === message.waId && inOneChat(earlier, message) && amendmentOf(earlier);
    // What this account does itself counts from when WhatsApp has it.
    if (!amendment || isUnsent(earlier.status) || isLost(earlier.status)) continue;
    after = amend(after, amendment) ?? after;
  }
  return after;
}
