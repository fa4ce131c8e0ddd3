import type { EvolutionHost } from '../evolution/host.ts';
import type { House } from '../network/gate.ts';
import type { World } from '../network/world.ts';

/** What the routes work on. */
export type Controls = House & { readonly world: World; readonly trust: Trust; readonly evolution: EvolutionHost };

/** What a client has to trust of this network. */
export type Trust = {
  /** Hex of 32 bytes. */
  readonly rootKey: string;
  /** PEM. */
  readonly mediaCa: string;
};
