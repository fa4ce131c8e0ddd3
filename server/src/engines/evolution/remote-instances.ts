/** All instances of ours, whatever run they belonged to. */
import type { RemoteInstances, RemoteOwner } from '../../ports/engine.ts';
import type { EvolutionApi, RemoteInstance } from './api.ts';
import { removeInstance } from './instance.ts';
import type { Marks } from './names.ts';

/** `apiFor`: the server of a session; `apis`: those that are known without one. */
export function remoteInstances(
  marks: Marks,
  apiFor: (owner: RemoteOwner) => Promise<EvolutionApi>,
  apis: () => Promise<EvolutionApi[]>,
): RemoteInstances {
  const ofSession = (all: readonly RemoteInstance[], sessionId: string) =>
    all.filter(({ name }) => marks.ownerOf(name)?.sessionId === sessionId);

  return {
    async remove(owner) {
      const api = await apiFor(owner);
      const found = ofSession(await api.list(), owner.sessionId);
      for (const { name } of found) await removeInstance(api, name);
      return found.length;
    },
    async count(owner) {
      const api = await apiFor(owner);
      return ofSession(await api.list(), owner.sessionId).length;
    },
    async list() {
      const found = [];
      for (const api of await apis()) {
        for (const { name } of await api.list()) {
          const remove = async (): Promise<void> => {
            await removeInstance(api, name);
          };
          found.push({ name, owner: marks.ownerOf(name), remove });
        }
      }
      return found;
    },
  };
}
