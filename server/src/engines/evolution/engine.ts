/** The engine `evolution`: each session is an instance on a remote Evolution API server, of version 1.8 or 2. */
import type { Clock } from '../../ports/clock.ts';
import type { Egress } from '../../ports/egress.ts';
import type { Capability, Engine, EngineStanding, Network, RemoteServer } from '../../ports/engine.ts';
import { findApi } from './api.ts';
import { remoteAt, RemoteFailure } from './client.ts';
import type { EvolutionHooks } from './hooks.ts';
import type { Marks } from './names.ts';
import { remoteInstances } from './remote-instances.ts';
import { EvolutionRun } from './run.ts';

export const evolutionCapabilities: ReadonlySet<Capability> = new Set<Capability>([
  'pairing_code',
  'text',
  'quote',
  'mention',
  'image',
  'video',
  'audio',
  'voice',
  'document',
  'sticker',
  'location',
  'contact',
  'poll',
  'reaction',
  'edit',
  'revoke',
  'read_receipts',
  'typing',
  'groups',
  'media_download',
  'number_lookup',
]);

/** A server, and how it is reached. `ownUrl`: where it reaches us. */
export type Reach = RemoteServer & { egress: Egress; ownUrl(): string };

export type EvolutionParts = {
  /** The server for sessions of this network; null: none is configured. */
  serverOf(network: Network): Promise<Reach | null>;
  /** All that are known, for the look for orphans. */
  servers(): Promise<Reach[]>;
  /** For the servers that sessions bring: tenants name these, and not everything is theirs to reach. */
  own: { egress: Egress; ownUrl(): string };
  /** Whether there is one for who brings none. */
  hasServer: boolean;
  marks: Marks;
  hooks: EvolutionHooks;
  clock: Clock;
};

const unconfigured: EngineStanding = {
  ...{ usable: false, version: null, missing: 'No Evolution API server is configured.' },
  help: 'Set EVOLUTION_URL and EVOLUTION_API_KEY, or name a server in `engineOptions` of the session.',
};

export function evolutionEngine({ serverOf, servers, own, hasServer, marks, hooks, clock }: EvolutionParts): Engine {
  const apiAt = (server: Reach) => findApi(remoteAt(server.egress, server));

  async function serverFor(network: Network, given: RemoteServer | null): Promise<Reach> {
    const server = given ? { ...given, ...own } : await serverOf(network);
    if (server) return server;
    throw new RemoteFailure(
      'key_refused',
      'No Evolution server is configured: set EVOLUTION_URL and EVOLUTION_API_KEY.',
    );
  }

  return {
    remote: remoteInstances(
      marks,
      async ({ network, server }) => apiAt(await serverFor(network, server)),
      async () => {
        const all = await servers();
        return Promise.all(all.map(apiAt));
      },
    ),
    name: 'evolution',
    capabilities: evolutionCapabilities,
    standing: () => Promise.resolve(hasServer ? { usable: true, version: null } : unconfigured),
    open(request) {
      const { network, sessionId, generation } = request;
      let ownUrl = '';
      return new EvolutionRun(request, {
        name: marks.nameOf({ sessionId, generation }),
        async api() {
          const server = await serverFor(network, request.server ?? null);
          ownUrl = server.ownUrl();
          return apiAt(server);
        },
        hooks,
        ownUrl: () => ownUrl,
        clock,
      });
    },
  };
}
