/** Makes and removes instances on a server that answers a delete before it is done, and may forget to do it. */
import type { Log } from '../../ports/log.ts';
import { type EvolutionApi, isUnknown } from './api.ts';
import { RemoteFailure } from './client.ts';

export type Pause = (ms: number) => Promise<void>;

const TRIES = 10;
const LONGEST_PAUSE_MS = 4_000;

/**
 * Makes the instance new. What an earlier attempt of ours left under the name is removed first; "already in use" is waited out, because a
 * delete that was answered goes on for a while. Rejects with `RemoteFailure`.
 */
export async function makeInstance(api: EvolutionApi, name: string, hook: string, pause: Pause): Promise<void> {
  if (await api.find(name)) await removeInstance(api, name);
  for (let tries = 0; ; tries += 1) {
    try {
      await api.create(name, hook);
      return;
    } catch (error) {
      if (!(error instanceof RemoteFailure && error.fault === 'name_in_use') || tries === TRIES) throw error;
    }
    await pause(Math.min(LONGEST_PAUSE_MS, 100 * 2 ** tries));
    if (await api.find(name)) await removeInstance(api, name);
  }
}

/** Asks the server to log it out and to delete it; answers whether there was one. That it is gone has to be looked for. */
export async function removeInstance(api: EvolutionApi, name: string): Promise<boolean> {
  // 1.8 refuses to delete what is connected; 2 does this by itself.
  await unlessAway(api.logOut(name));
  return unlessAway(api.remove(name));
}

/** Whether it was done: what is not connected needs no logout, and what is not there no delete. */
async function unlessAway(work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (isUnknown(error) || (error instanceof RemoteFailure && error.fault === 'not_connected')) return false;
    throw error;
  }
}

/** Has WhatsApp unlink it. What is still connecting afterwards may only have lost its connection: that confirms nothing. */
export async function unlinkInstance(api: EvolutionApi, name: string, log: Log): Promise<'confirmed' | 'unconfirmed'> {
  try {
    await api.logOut(name);
    return (await api.state(name)) === 'close' ? 'confirmed' : 'unconfirmed';
  } catch (error) {
    log.warn({ reason: String(error) }, 'The Evolution server did not log the instance out');
    return 'unconfirmed';
  }
}
