/** Fleets that nothing happens to: memory, and the CPU of keep-alives, probes and timers. Both are watched in the same minute. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Bench, EmptyProcess } from '../bench.ts';
import type { Contender } from '../contender.ts';
import { cpuMs, rssMb } from '../process-usage.ts';

/** Below this the per-session figure is lost in what any process with one session needs. */
const MEMORY_REQUIRED_FROM = 1000;

export async function measureIdle(bench: Bench, size: number): Promise<void> {
  const { extent, zapfleet, raw, empty } = bench;
  const seconds = extent.idleSeconds;
  const watch = async ({ pid }: Contender, { rssMb: emptyMb }: EmptyProcess) => {
    const before = await cpuMs(pid);
    await pause(seconds * 1000);
    const took = (await cpuMs(pid)) - before;
    const rss = await rssMb(pid);
    return { rss, mbEach: (rss - emptyMb) / size, cpuPercent: took / (seconds * 10) };
  };
  const [ours, theirs] = await Promise.all([
    watch(zapfleet, empty.zapfleet),
    raw && empty.raw && watch(raw, empty.raw),
  ]);
  bench.report({
    id: 'idle_rss',
    what: 'idle, memory per session above the empty process',
    sessions: size,
    unit: 'MB RSS',
    zapfleet: ours.mbEach,
    raw: theirs && theirs.mbEach,
    sandbox: null,
    required: size >= MEMORY_REQUIRED_FROM ? { atMost: 0.6 } : null,
    detail: { rssMb: Math.round(ours.rss), rawRssMb: theirs && Math.round(theirs.rss) },
  });
  bench.report({
    id: 'idle_cpu',
    what: 'idle, CPU',
    sessions: size,
    unit: '% of a core',
    zapfleet: ours.cpuPercent,
    raw: theirs && theirs.cpuPercent,
    sandbox: null,
    required: null,
    detail: { seconds },
  });
}
