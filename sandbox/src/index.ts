export { Sandbox, type SandboxOptions } from './sandbox.ts';
export type { Clock, Log } from './network/world.ts';
export type { QrTiming } from './network/pairings.ts';
