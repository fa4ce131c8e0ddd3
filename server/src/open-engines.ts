/** The engines of this server, and what they need beside their sessions. */
import { z } from 'zod';
import type { Config } from './config.ts';
import { openEgress } from './egress/open-egress.ts';
import { baileysEngine } from './engines/baileys/engine.ts';
import { evolutionEngine, type Reach } from './engines/evolution/engine.ts';
import { createHooks, type EvolutionHooks } from './engines/evolution/hooks.ts';
import { marksOf } from './engines/evolution/names.ts';
import type { Clock } from './ports/clock.ts';
import type { Engine, Network } from './ports/engine.ts';

export type EngineParts = {
  config: Pick<Config, 'installationKey' | 'evolution'>;
  /** The network of simulated phones, and where its controls are; null: there is none. */
  sandbox: { network: Network; controlUrl: string } | null;
  clock: Clock;
  userAgent: string;
  /** Where this server is found: by everybody, and on this machine. Asked once it listens. */
  ownUrl: { public(): string; local(): string };
};

export type OpenedEngines = AsyncDisposable & { engines: readonly Engine[]; evolutionHooks: EvolutionHooks };

const SandboxServers = z.looseObject({ v2: z.string(), apiKey: z.string() });

export function openEngines({ config, sandbox, clock, userAgent, ownUrl }: EngineParts): OpenedEngines {
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
    engines: [
      baileysEngine,
      evolutionEngine({
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
