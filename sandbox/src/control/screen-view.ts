import type { World } from '../network/world.ts';
import type { Account } from '../store/accounts.ts';
import type { ScreenDetails } from '../store/screen-details.ts';
import type { ScreenMessage } from '../store/screens.ts';

/** One message of a screen, as the calls show it. */
export function messageView(world: World, phone: Account, message: ScreenMessage): object {
  const { seq, id, from, to, chat, type, text, quotedId, mentions, sentAt, status, details } = message;
  return {
    id,
    cursor: String(seq),
    from,
    to,
    chat,
    type,
    ...(text === undefined ? {} : { text }),
    ...(quotedId === undefined ? {} : { quotedId }),
    ...(mentions.length === 0 ? {} : { mentions }),
    ...(details === undefined ? {} : detailsView(type, details)),
    timestamp: new Date(sentAt).toISOString(),
    status,
    ...(chat.endsWith('@g.us') && from === phone.phone ? { receipts: receiptsView(world, message) } : {}),
  };
}

/** What became at each member of what this phone wrote to a group. */
function receiptsView(world: World, { from, id }: ScreenMessage): object[] {
  return Array.from(world.memberReceipts.of(from, id), ([phoneNumber, status]) => ({ phoneNumber, status }));
}

function detailsView(type: string, { reactions, votes, forwardingScore, ...details }: ScreenDetails): object {
  return {
    ...details,
    ...(forwardingScore === undefined ? {} : { forwarded: true, forwardingScore }),
    ...(reactions === undefined ? {} : { reactions: reactionsOf(reactions) }),
    ...(type === 'poll' ? { pollResults: resultsOf(details.options ?? [], votes ?? {}) } : {}),
  };
}

function reactionsOf(reactions: Readonly<Record<string, string>>): object[] {
  return Object.entries(reactions).map(([from, emoji]) => ({ from, emoji }));
}

function resultsOf(options: readonly string[], votes: Readonly<Record<string, readonly string[]>>): object[] {
  return options.map((option) => ({
    option,
    voters: Object.keys(votes).filter((voter) => votes[voter]?.includes(option) === true),
  }));
}
