import { randomUUID } from 'node:crypto';
import type { Account } from '../store/accounts.ts';
import type { Group } from '../store/groups.ts';
import { type Stanza, el } from '../wire/stanza.ts';
import { attributeName } from './addresses.ts';
import { postToMany } from './delivery.ts';
import { participantAttributes } from './group-stanzas.ts';
import { type World, unixTime } from './world.ts';

/** All companions of these people hear what was done to the group, those of whoever did it too. */
export function tellGroup(world: World, group: Group, by: Account, people: Iterable<string>, change: Stanza): void {
  const notice = el(
    'notification',
    {
      ...participantAttributes(group, by),
      type: 'w:gp2',
      id: randomUUID(),
      t: unixTime(world),
      notify: attributeName(by.name),
    },
    [change],
  );
  postToMany(world, companionsOf(world, people), notice);
}

export function* companionsOf(world: World, people: Iterable<string>): Generator<{ phone: string; device: number }> {
  for (const phone of people) yield* world.devices.of(phone);
}

export function membersOf(world: World, group: Group): string[] {
  return world.groups.members(group.id).map(({ phone }) => phone);
}
