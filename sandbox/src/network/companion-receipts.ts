import { proto } from 'baileys/WAProto/index.js';
import { answerMediaRetry } from '../people/media-retry.ts';
import { sendCopyTo, sendTo } from '../people/phone-writes.ts';
import { traitsOf } from '../people/stanza-traits.ts';
import { reopen } from '../people/phone-keys.ts';
import { MOST_RETRIES } from '../people/retry-counts.ts';
import type { Account } from '../store/accounts.ts';
import { parseJid } from '../wire/jid.ts';
import { type Stanza, childOf, childrenOf, countOf, el } from '../wire/stanza.ts';
import { addressOf } from './addresses.ts';
import { circleOf } from './circles.ts';
import type { Connection } from './connections.ts';
import { post } from './delivery.ts';
import { acceptGroupReceipt } from './companion-group-receipts.ts';
import { bundleOfRetry } from './retry-keys.ts';
import { tellAuthor, tellOwnDevices } from './receipts.ts';
import { type World, unixTime } from './world.ts';

/** What is said of a message that was taken before, or that has still to be taken. */
const LATER: ReadonlySet<string> = new Set(['read', 'read-self', 'played', 'retry', 'server-error']);

/** A companion says what became of messages it got: they leave its mailbox, and the author hears of it. */
export function acceptReceipt(world: World, connection: Connection, receipt: Stanza): void {
  const { id, to, type, participant } = receipt.attrs;
  const reader = world.accounts.byPhone(connection.phone);
  if (id === undefined || to === undefined || reader === undefined) return;
  world.db.afterCommit(() => connection.link.send(el('ack', { class: 'receipt', id, from: to, participant, type })));
  const ids = [id, ...childrenOf(childOf(receipt, 'list')).flatMap(({ attrs }) => attrs['id'] ?? [])];
  if (!LATER.has(type ?? '')) {
    for (const one of ids) world.mailboxes.drop(connection.phone, connection.device, 'message', one);
  }
  if (type === 'server-error') {
    answerMediaRetry(world, reader, connection.device, receipt);
    return;
  }
  const circle = circleOf(world, to);
  if (circle !== undefined) {
    acceptGroupReceipt(world, connection, reader, circle, receipt, ids);
    return;
  }
  const author = world.accounts.byJid(participant ?? to);
  if (type === 'retry') {
    if (author !== undefined) sendAgain(world, connection, reader, author, receipt);
    return;
  }
  if (author === undefined || author.phone === reader.phone) return;
  switch (type) {
    case undefined:
      tellAuthor(world, author, reader, connection.device, ids, 'delivery');
      return;
    case 'read':
    case 'played':
      tellOwnDevices(world, reader, connection.device, author, ids, type);
      tellAuthor(world, author, reader, connection.device, ids, type);
      return;
    case 'read-self':
      tellOwnDevices(world, reader, connection.device, author, ids);
      return;
    default:
      // `inactive`: taken by a companion that nobody looks at. `sender`, `peer_msg`, `hist_sync`: between own devices.
      return;
  }
}

/** The companion could not read a message: its author is asked to send it again, for this device alone. */
function sendAgain(world: World, connection: Connection, reader: Account, author: Account, receipt: Stanza): void {
  const { id = '', to = '', participant, recipient } = receipt.attrs;
  const from = parseJid(participant ?? to);
  const authorDevice = 'device' in from ? from.device : 0;
  if (authorDevice === 0) {
    const shown = world.screens.find(author.phone, id, author.phone);
    const count = countOf(childOf(receipt, 'retry'), 'count', 1);
    if (shown?.content === undefined || count > MOST_RETRIES) return;
    if (!reopen(world, author, reader, connection.device, bundleOfRetry(receipt))) return;
    const message = proto.Message.decode(shown.content);
    const chat = author.phone === reader.phone ? world.accounts.byPhone(shown.to) : undefined;
    const { device } = connection;
    if (chat !== undefined) sendCopyTo(world, author, chat, device, id, message, count);
    else sendTo(world, author, reader, device, id, shown.content, traitsOf(message), count);
    return;
  }
  if (world.devices.find(author.phone, authorDevice) === undefined) return;
  const own = author.phone === reader.phone;
  const attributes = {
    from: addressOf(reader, connection.device),
    id,
    type: 'retry',
    t: unixTime(world),
    recipient: own ? recipient : undefined,
  };
  post(world, author.phone, authorDevice, el('receipt', attributes, childrenOf(receipt)));
}
