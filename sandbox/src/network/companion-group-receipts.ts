import { sendAgainInGroup } from '../people/group-writes.ts';
import { reopen } from '../people/phone-keys.ts';
import { MOST_RETRIES } from '../people/retry-counts.ts';
import type { Account } from '../store/accounts.ts';
import type { Circle } from './circles.ts';
import { parseJid } from '../wire/jid.ts';
import { type Stanza, childOf, childrenOf, countOf, el } from '../wire/stanza.ts';
import type { Connection } from './connections.ts';
import { post } from './delivery.ts';
import { tellAuthorInGroup, tellOwnDevicesInGroup } from './group-receipts.ts';
import { memberAddress } from './group-stanzas.ts';
import { bundleOfRetry } from './retry-keys.ts';
import { type World, unixTime } from './world.ts';

/** What a companion says of messages of a group, one author at a time. */
export function acceptGroupReceipt(
  world: World,
  connection: Connection,
  reader: Account,
  group: Circle,
  receipt: Stanza,
  ids: readonly string[],
): void {
  const { type, participant } = receipt.attrs;
  const author = world.accounts.byJid(participant ?? '');
  if (author === undefined) return;
  if (type === 'retry') {
    askAuthor(world, connection, reader, group, author, receipt);
    return;
  }
  if (author.phone === reader.phone) return;
  switch (type) {
    case undefined:
      tellAuthorInGroup(world, group, author, reader, connection.device, ids, 'delivery');
      return;
    case 'read':
    case 'played':
      tellOwnDevicesInGroup(world, group, reader, connection.device, author, ids, type);
      tellAuthorInGroup(world, group, author, reader, connection.device, ids, type);
      return;
    case 'read-self':
      tellOwnDevicesInGroup(world, group, reader, connection.device, author, ids);
      return;
    default:
      return;
  }
}

/** The companion could not read a message: its author is asked to send it again, for this device alone. */
function askAuthor(
  world: World,
  connection: Connection,
  reader: Account,
  group: Circle,
  author: Account,
  receipt: Stanza,
): void {
  const { id = '', participant = '' } = receipt.attrs;
  const from = parseJid(participant);
  const device = 'device' in from ? from.device : 0;
  if (device !== 0) {
    if (world.devices.find(author.phone, device) === undefined) return;
    const reads = memberAddress(group, reader, connection.device);
    const attributes = { from: group.id, participant: reads, id, type: 'retry', t: unixTime(world) };
    post(world, author.phone, device, el('receipt', attributes, childrenOf(receipt)));
    return;
  }
  const shown = world.screens.find(author.phone, id, author.phone);
  const count = countOf(childOf(receipt, 'retry'), 'count', 1);
  if (shown?.content === undefined || shown.chat !== group.id || count > MOST_RETRIES) return;
  if (!reopen(world, author, reader, connection.device, bundleOfRetry(receipt))) return;
  sendAgainInGroup(world, author, group, reader, connection.device, { id, content: shown.content }, count);
}
