import type { Account } from '../store/accounts.ts';
import type { Circle } from './circles.ts';
import { el } from '../wire/stanza.ts';
import { postToCompanions } from './delivery.ts';
import { memberAddress } from './group-stanzas.ts';
import { type ReceiptKind, idList } from './receipts.ts';
import { type World, unixTime } from './world.ts';

/** The author's devices hear it of each member; his phone shows it once it holds for all of them. */
export function tellAuthorInGroup(
  world: World,
  group: Circle,
  author: Account,
  reader: Account,
  device: number,
  ids: readonly string[],
  kind: ReceiptKind,
): void {
  const status = kind === 'delivery' ? 'delivered' : 'read';
  for (const id of ids) {
    world.memberReceipts.advance(author.phone, id, reader.phone, status);
    const { delivered, read } = world.memberReceipts.count(author.phone, id);
    // Of statuses and lists nobody counts the readers: the first one counts for all.
    const others = Math.max(1, world.groups.size(group.id) - 1);
    if (read >= others) world.screens.advance(author.phone, id, author.phone, 'read');
    else if (delivered >= others) world.screens.advance(author.phone, id, author.phone, 'delivered');
  }
  const [first, ...more] = ids;
  const attributes = {
    from: group.id,
    participant: memberAddress(group, reader, device),
    id: first,
    type: kind === 'delivery' ? undefined : kind,
    t: unixTime(world),
  };
  postToCompanions(world, author.phone, el('receipt', attributes, idList(more)));
}

/** One device of an account tells its others that it has read messages of `author` in a group. */
export function tellOwnDevicesInGroup(
  world: World,
  group: Circle,
  reader: Account,
  device: number,
  author: Account,
  ids: readonly string[],
  kind: 'read' | 'played' = 'read',
): void {
  for (const id of ids) world.screens.advance(reader.phone, id, author.phone, kind);
  const [first, ...more] = ids;
  const attributes = {
    from: group.id,
    participant: memberAddress(group, reader, device),
    recipient: memberAddress(group, author),
    id: first,
    type: 'read-self',
    t: unixTime(world),
  };
  postToCompanions(world, reader.phone, el('receipt', attributes, idList(more)), device);
}
