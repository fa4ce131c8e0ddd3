/** Everything that is asked of WhatsApp at once and answered at once. */
import type { EngineName } from '@zapfleet/contract';
import type { Clock } from '../ports/clock.ts';
import type { Engine } from '../ports/engine.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import { createGroupNames, type GroupNames } from './group-names.ts';
import { createGroups, type Groups } from './groups.ts';
import { createLiveRuns, type LiveRuns } from './live-runs.ts';
import { createPeople, type People } from './people.ts';
import { createPresence, type Presence } from './presence.ts';
import { createReading, type Reading } from './reading.ts';

export type AskingParts = {
  store: Store;
  clock: Clock;
  log: Log;
  engines: readonly Pick<Engine, 'name' | 'capabilities'>[];
};

export type Asking = { people: People; presence: Presence; groups: Groups; groupNames: GroupNames; reading: Reading };

export function createAsking({
  store,
  clock,
  log,
  engines,
}: AskingParts): Asking & Pick<LiveRuns, 'online' | 'offline'> {
  const engineOf = (name: EngineName) => engines.find((engine) => engine.name === name);
  const live = createLiveRuns({
    ...{ clock, log },
    can: (name, capability) => engineOf(name)?.capabilities.has(capability) ?? false,
  });
  const people = createPeople({ store, clock, live });
  const presence = createPresence({ live, people, clock, log });
  const groups = createGroups({ store, live, people, log });
  const groupNames = createGroupNames({ store, clock, log, live });
  const reading = createReading({ store, live });
  return { people, presence, groups, groupNames, reading, online: live.online, offline: live.offline };
}
