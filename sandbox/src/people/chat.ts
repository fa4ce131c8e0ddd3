import { addressOf } from '../network/addresses.ts';
import type { Circle } from '../network/circles.ts';
import { memberAddress } from '../network/group-stanzas.ts';
import type { Account } from '../store/accounts.ts';
import type { Group } from '../store/groups.ts';

/** Whom a person writes to. */
export type Addressee = Account | Group | Audience;

/** Several people at once, who do not see each other. */
export type Audience = { readonly circle: Circle; readonly people: readonly Account[] };

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

export function isAudience(to: Addressee): to is Audience {
  return 'circle' in to;
}

export function chatWith(to: Addressee): Chat {
  if (isAudience(to)) {
    const { id } = to.circle;
    return { jid: id, id, group: undefined, address: (person) => addressOf(person) };
  }
  if (isGroup(to)) return { jid: to.id, id: to.id, group: to, address: (person) => memberAddress(to, person) };
  return { jid: addressOf(to), id: to.phone, group: undefined, address: (person) => addressOf(person) };
}
