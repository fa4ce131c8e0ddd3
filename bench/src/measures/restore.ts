/** A process ends and another brings the whole fleet back. */
import type { Bench } from '../bench.ts';
import { forEach } from '../bench.ts';
import { atRest, cpuMs } from '../process-usage.ts';

/** Few sessions pay for code that is still cold. */
const JUDGED_FROM = 100;

/** Also what a measure of idle processes begins with: a fleet that was restored carries no leftovers of its pairing. */
export async function measureRestore(bench: Bench, size: number, reported: boolean): Promise<void> {
  const { network } = bench;
  const cost = await forEach(bench, async (contender) => {
    const networkBefore = await network.usage();
    const { cpuBeforeMs, onlineMs } = await contender.restart();
    await atRest(contender.pid);
    const networkCpuMs = (await network.usage()).cpuMs - networkBefore.cpuMs;
    return { cpuMs: (await cpuMs(contender.pid)) - cpuBeforeMs, onlineMs, networkCpuMs };
  });
  if (!reported) return;
  bench.report({
    id: 'restore_cpu',
    what: 'restore, CPU per session',
    sessions: size,
    unit: 'ms',
    zapfleet: cost.zapfleet.cpuMs / size,
    raw: cost.raw && cost.raw.cpuMs / size,
    sandbox: cost.zapfleet.networkCpuMs / size,
    required: size >= JUDGED_FROM ? { atMost: 8 } : null,
    detail: {},
  });
  bench.report({
    id: 'restore_rate',
    what: 'restore, sessions online per second',
    sessions: size,
    unit: '1/s',
    zapfleet: size / (cost.zapfleet.onlineMs / 1000),
    raw: cost.raw && size / (cost.raw.onlineMs / 1000),
    sandbox: null,
    required: null,
    detail: { onlineMs: Math.round(cost.zapfleet.onlineMs), note: 'Zapfleet from the start of its process' },
  });
}
