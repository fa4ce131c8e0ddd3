/** The engines of this server, and what they need beside their sessions. */
import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from './config.ts';
import { openEgress } from './egress/open-egress.ts';
import { baileysEngine } from './engines/baileys/engine.ts';
import { evolutionEngine, type Reach } from './engines/evolution/engine.ts';
import { createHooks, type EvolutionHooks } from './engines/evolution/hooks.ts';
import { marksOf } from './engines/evolution/names.ts';
import { webjsEngine } from './engines/webjs/engine.ts';
import type { Clock } from './ports/clock.ts';
import type { Egress } from './ports/egress.ts';
import type { Engine, Network } from './ports/engine.ts';
import type { Log } from './ports/log.ts';

export type EngineParts = {
  config: Pick<Config, 'installationKey' | 'evolution' | 'dataDir' | 'chromePath' | 'headless'>;
  /** The network of simulated phones, and where its controls are; null: there is none. */
  sandbox: { network: Network; controlUrl: string } | null;
  clock: Clock;
  log: Log;
  userAgent: string;
  /** Calls only what tenants may reach. */
  guarded: Egress;
  /** Where this server is found: by everybody, and on this machine. Asked once it listens. */
  ownUrl: { public(): string; local(): string };
};

export type OpenedEngines = AsyncDisposable & {
  engines: readonly Engine[];
  evolutionHooks: EvolutionHooks;
  /** Where browsers keep their profiles; it need not exist. */
  profiles: string;
};

const SandboxServers = z.looseObject({ v2: z.string(), apiKey: z.string() });

export function openEngines({ config, sandbox, clock, log, userAgent, guarded, ownUrl }: EngineParts): OpenedEngines {
  const { chromePath, headless } = config;
  const profiles = join(config.dataDir, 'profiles');
  const marks = marksOf(config.installationKey);
  const evolutionHooks = createHooks(marks);
  // The operator names these servers, and they are where he says: nothing is closed to him.
  const egress = openEgress({ allow: true, userAgent });
  const configured: Reach | null = config.evolution && { ...config.evolution, egress, ownUrl: ownUrl.public };

  /** Its servers begin to run when somebody calls them. */
  let isSandboxUsed = false;

  async function sandboxServer(controlUrl: string): Promise<Reach> {
    isSandboxUsed = true;
    const answer = await fetch(`${controlUrl}/sandbox/evolution`);
    const { v2: url, apiKey } = SandboxServers.parse(await answer.json());
    return { url, apiKey, egress, ownUrl: ownUrl.local };
  }

  const serverOf = (network: Network): Promise<Reach | null> =>
    sandbox && network === sandbox.network ? sandboxServer(sandbox.controlUrl) : Promise.resolve(configured);

  return {
    evolutionHooks,
    profiles,
    engines: [
      baileysEngine,
      webjsEngine({ folder: profiles, chromePath, headless, log }),
      evolutionEngine({
        own: { egress: guarded, ownUrl: ownUrl.public },
        hasServer: configured !== null || sandbox !== null,
        ...{ serverOf, marks, hooks: evolutionHooks, clock },
        servers: async () => [
          ...(configured ? [configured] : []),
          ...(sandbox && isSandboxUsed ? [await sandboxServer(sandbox.controlUrl)] : []),
        ],
      }),
    ],
    [Symbol.asyncDispose]: () => egress[Symbol.asyncDispose](),
  };
}
