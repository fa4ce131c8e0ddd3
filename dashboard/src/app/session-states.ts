import type { Session } from '@zapfleet/sdk';

/** In the order in which they are offered and counted. */
export const sessionStates = [
  'connected',
  'linking',
  'connecting',
  'waiting',
  'stopped',
  'logged_out',
  'failed',
  'deleting',
] as const satisfies readonly Session['state'][];
