import { proto } from 'baileys/WAProto/index.js';
import type { World } from '../network/world.ts';
import type { Account } from '../store/accounts.ts';
import type { ScreenMessage, ScreenStatus } from '../store/screens.ts';
import { present } from '../wire/present.ts';
import type { Chat } from './chat.ts';
import { optionHash } from './poll-votes.ts';

const { Status, StubType } = proto.WebMessageInfo;

/** What the author's devices know of a message: of what others wrote, nothing. */
const STATUS: Record<ScreenStatus, proto.WebMessageInfo.Status | undefined> = {
  sent: Status.SERVER_ACK,
  delivered: Status.DELIVERY_ACK,
  read: Status.READ,
  played: Status.PLAYED,
  received: undefined,
};
/** They stand with the message that they are about. */
const FOLDED: ReadonlySet<string> = new Set(['reaction', 'edit', 'revoke', 'poll_vote', 'timer']);

export function isTold({ type }: ScreenMessage): boolean {
  return !FOLDED.has(type);
}

/** A message of a phone's screen as history tells it: as it is by now, with what was said about it. */
export function historyMessage(
  world: World,
  phone: Account,
  chat: Chat,
  message: ScreenMessage,
): proto.IWebMessageInfo {
  const { id, from, status, sentAt, content, details = {} } = message;
  const own = from === phone.phone;
  const author = world.accounts.byPhone(from);
  const participant = chat.group === undefined || own ? undefined : author && chat.address(author);
  const told = present<proto.IWebMessageInfo>({
    key: present<proto.IMessageKey>({ remoteJid: chat.jid, fromMe: own, id, participant }),
    messageTimestamp: Math.floor(sentAt / 1000),
    status: own ? STATUS[status] : undefined,
    participant,
    ephemeralDuration: details.ephemeralSeconds,
  });
  if (details.revoked === true || content === undefined) return { ...told, messageStubType: StubType.REVOKE };
  const sayer = (number: string): proto.IMessageKey => {
    const person = world.accounts.byPhone(number);
    const fromMe = number === phone.phone;
    const name = chat.group === undefined || fromMe ? undefined : person && chat.address(person);
    return present<proto.IMessageKey>({ remoteJid: chat.jid, fromMe, participant: name });
  };
  const { reactions = {}, votes = {} } = details;
  const senderTimestampMs = sentAt;
  return {
    ...told,
    message: proto.Message.decode(content),
    reactions: Object.entries(reactions).map(([number, text]) => ({ key: sayer(number), text, senderTimestampMs })),
    pollUpdates: Object.entries(votes).map(([number, options]) => ({
      pollUpdateMessageKey: sayer(number),
      vote: { selectedOptions: options.map(optionHash) },
      senderTimestampMs,
    })),
  };
}
