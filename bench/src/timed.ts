import type { Contender } from './contender.ts';
import type { Network } from './network.ts';
import { atRest, cpuMs } from './process-usage.ts';

export type Window = {
  readonly cpuMs: number;
  /** Of the sandbox, in the same time. */
  readonly networkCpuMs: number;
  /** Until the work was done; `cpuMs` also counts what followed behind the scenes. */
  readonly wallMs: number;
};

/** What `work` costs the contender's process, until it is at rest again. */
export async function timed(network: Network, contender: Contender, work: () => Promise<unknown>): Promise<Window> {
  const networkBefore = await network.usage();
  const before = await cpuMs(contender.pid);
  const begun = performance.now();
  await work();
  const wallMs = performance.now() - begun;
  await atRest(contender.pid);
  return {
    cpuMs: (await cpuMs(contender.pid)) - before,
    networkCpuMs: (await network.usage()).cpuMs - networkBefore.cpuMs,
    wallMs,
  };
}
