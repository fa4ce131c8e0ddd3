/** All instances of ours, whatever run they belonged to. */
import type { Network, RemoteInstances } from '../../ports/engine.ts';
import type { EvolutionApi, RemoteInstance } from './api.ts';
import { removeInstance } from './instance.ts';
import type { Marks } from './names.ts';

/** `apiFor`: the server of the sessions of a network; `apis`: all servers. */
export function remoteInstances(
  marks: Marks,
  apiFor: (network: Network) => Promise<EvolutionApi>,
  apis: () => Promise<EvolutionApi[]>,
): RemoteInstances {
  const ofSession = (all: readonly RemoteInstance[], sessionId: string) =>
    all.filter(({ name }) => marks.ownerOf(name)?.sessionId === sessionId);

  return {
    async remove({ sessionId, network }) {
      const api = await apiFor(network);
      const found = ofSession(await api.list(), sessionId);
      for (const { name } of found) await removeInstance(api, name);
      return found.length;
    },
    async count({ sessionId, network }) {
      const api = await apiFor(network);
      return ofSession(await api.list(), sessionId).length;
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
