import type { House } from '../network/gate.ts';
import type { World } from '../network/world.ts';

/** What the routes work on. */
export type Controls = House & { readonly world: World };
