import type { Account } from '../store/accounts.ts';
import { type Stanza, el } from '../wire/stanza.ts';
import { addressOf } from './addresses.ts';
import { postToCompanions } from './delivery.ts';
import { type World, unixTime } from './world.ts';

/** `delivery` has no name on the wire. */
export type ReceiptKind = 'delivery' | 'read' | 'played';

/** One device of `reader` tells the author of messages what became of them: the author's phone and companions hear it. */
export function tellAuthor(
  world: World,
  author: Account,
  reader: Account,
  device: number,
  ids: readonly string[],
  kind: ReceiptKind,
): void {
  for (const id of ids) {
    world.screens.advance(author.phone, id, author.phone, kind === 'delivery' ? 'delivered' : kind);
  }
  postToCompanions(world, author.phone, receiptStanza(world, addressOf(reader, device), ids, kind));
}

/** One device of an account tells its others that it has read, or listened to, messages of `author`. */
export function tellOwnDevices(
  world: World,
  reader: Account,
  device: number,
  author: Account,
  ids: readonly string[],
  kind: 'read' | 'played' = 'read',
): void {
  for (const id of ids) world.screens.advance(reader.phone, id, author.phone, kind);
  const [first, ...more] = ids;
  const attributes = {
    from: addressOf(reader, device),
    recipient: addressOf(author),
    id: first,
    type: 'read-self',
    t: unixTime(world),
  };
  postToCompanions(world, reader.phone, el('receipt', attributes, idList(more)), device);
}

function receiptStanza(world: World, from: string, ids: readonly string[], kind: ReceiptKind): Stanza {
  const [first, ...more] = ids;
  const type = kind === 'delivery' ? undefined : kind;
  return el('receipt', { from, id: first, type, t: unixTime(world) }, idList(more));
}

export function idList(ids: readonly string[]): Stanza[] | undefined {
  if (ids.length === 0) return undefined;
  return [
    el(
      'list',
      {},
      ids.map((id) => el('item', { id })),
    ),
  ];
}
