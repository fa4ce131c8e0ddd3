import { addressOf } from '../network/addresses.ts';
import { memberAddress } from '../network/group-stanzas.ts';
import type { Account } from '../store/accounts.ts';
import type { Group } from '../store/groups.ts';

/** Whom a person writes to. */
export type Addressee = Account | Group;

/** A conversation as the devices of who writes in it name it. */
export type Chat = {
  readonly jid: string;
  /** What screens call it: the number of the other side, or the id of the group. */
  readonly id: string;
  readonly group: Group | undefined;
  /** By which name people are meant in it. */
  readonly address: (person: Account) => string;
};

export function isGroup(to: Addressee): to is Group {
  return 'subject' in to;
}

export function chatWith(to: Addressee): Chat {
  if (isGroup(to)) return { jid: to.id, id: to.id, group: to, address: (person) => memberAddress(to, person) };
  return { jid: addressOf(to), id: to.phone, group: undefined, address: (person) => addressOf(person) };
}
