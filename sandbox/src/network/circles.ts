import { createHash } from 'node:crypto';
import type { Account } from '../store/accounts.ts';
import type { Group } from '../store/groups.ts';
import type { World } from './world.ts';

/** A chat of many as the wire names it: a group, somebody's statuses, a broadcast list. */
export type Circle = Pick<Group, 'id' | 'addressing'>;

export const STATUS_ID = 'status@broadcast';

export function statusOf({ addressing }: Account): Circle {
  return { id: STATUS_ID, addressing };
}

/** One list for the same people, each time that somebody writes to them at once. */
export function broadcastList({ phone, addressing }: Account, people: readonly Account[]): Circle {
  const numbers = people.map((person) => person.phone).sort();
  const hash = createHash('sha256')
    .update([phone, ...numbers].join())
    .digest();
  return { id: `${hash.readUIntBE(0, 5)}@broadcast`, addressing };
}

export function circleOf(world: World, jid: string): Circle | undefined {
  return jid.endsWith('@broadcast') ? { id: jid, addressing: 'lid' } : world.groups.find(jid);
}
