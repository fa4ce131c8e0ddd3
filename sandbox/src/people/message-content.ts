import type { proto } from 'baileys/WAProto/index.js';
import type { World } from '../network/world.ts';
import type { Account } from '../store/accounts.ts';
import type { ScreenMessage } from '../store/screens.ts';
import { addressOf } from '../network/addresses.ts';
import { parseJid } from '../wire/jid.ts';

/** What a person types: a text, an answer to a message, people named in it. */
export type Writing = {
  readonly text: string;
  readonly quoted: ScreenMessage | undefined;
  readonly mentioned: readonly Account[];
  /** By which name people are meant: that of the chat it is written to. */
  readonly address?: (person: Account) => string;
};

export function composeText(
  world: World,
  { text, quoted, mentioned, address = (person) => addressOf(person) }: Writing,
): proto.IMessage {
  if (quoted === undefined && mentioned.length === 0) return { conversation: text };
  const author = quoted === undefined ? undefined : world.accounts.byPhone(quoted.from);
  const contextInfo: proto.IContextInfo = {
    ...(quoted === undefined ? {} : { stanzaId: quoted.id, quotedMessage: { conversation: quoted.text ?? '' } }),
    ...(author === undefined ? {} : { participant: address(author) }),
    ...(mentioned.length === 0 ? {} : { mentionedJid: mentioned.map(address) }),
  };
  return { extendedTextMessage: { text, contextInfo } };
}

/** How a message looks on a screen. */
export type Appearance = Pick<ScreenMessage, 'type' | 'text' | 'quotedId' | 'mentions'>;

/** Undefined for what no screen shows: keys, receipts of its own kind, requests between devices. */
export function appearanceOf(world: World, message: proto.IMessage): Appearance | undefined {
  const plain = { quotedId: undefined, mentions: [] };
  if (message.conversation != null && message.conversation !== '') {
    return { type: 'text', text: message.conversation, ...plain };
  }
  const extended = message.extendedTextMessage;
  if (extended != null) return { type: 'text', text: extended.text ?? '', ...contextOf(world, extended.contextInfo) };
  if (message.reactionMessage != null) {
    const { text, key } = message.reactionMessage;
    return { type: 'reaction', text: text ?? '', quotedId: key?.id ?? undefined, mentions: [] };
  }
  const kind = Object.keys(message).find((key) => key.endsWith('Message') && !SILENT.has(key));
  return kind === undefined ? undefined : { type: kind.slice(0, -'Message'.length), text: undefined, ...plain };
}

const SILENT = new Set(['protocolMessage', 'senderKeyDistributionMessage']);

function contextOf(
  world: World,
  context: proto.IContextInfo | null | undefined,
): Pick<Appearance, 'quotedId' | 'mentions'> {
  const mentions = (context?.mentionedJid ?? []).map((raw) => {
    const jid = parseJid(raw);
    return world.accounts.byJid(jid)?.phone ?? ('user' in jid ? jid.user : raw);
  });
  return { quotedId: context?.stanzaId ?? undefined, mentions };
}
