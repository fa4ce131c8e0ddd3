/** Starts of processes that hold no session: time to ready, memory at rest, and the CPU that a restore does not have to answer for. */
import type { EmptyProcess, Pair } from '../bench.ts';
import type { Figure } from '../figure.ts';
import type { Network } from '../network.ts';
import type { NewFolder } from '../temporary-folders.ts';
import { atRest, cpuMs, rssMb } from '../process-usage.ts';
import type { Program } from '../program.ts';
import { startRawProgram } from '../raw.ts';
import { median } from '../statistics.ts';
import { startServer } from '../zapfleet.ts';

export async function emptyServer(network: Network, newFolder: NewFolder, starts: number): Promise<EmptyProcess> {
  return medianOf(starts, async () => {
    await using server = await startServer({ network, folder: await newFolder() });
    return await seen(server.program, server.readyMs);
  });
}

export async function emptyRaw(network: Network, newFolder: NewFolder, starts: number): Promise<EmptyProcess> {
  return medianOf(starts, async () => {
    await using program = await startRawProgram(network, await newFolder());
    return await seen(program, performance.now() - program.startedAt);
  });
}

async function medianOf(starts: number, start: () => Promise<EmptyProcess>): Promise<EmptyProcess> {
  const all: EmptyProcess[] = [];
  for (let count = 0; count < starts; count++) {
    all.push(await start());
  }
  return {
    readyMs: median(all.map((one) => one.readyMs)),
    cpuMs: median(all.map((one) => one.cpuMs)),
    rssMb: median(all.map((one) => one.rssMb)),
  };
}

async function seen({ pid }: Program, readyMs: number): Promise<EmptyProcess> {
  await atRest(pid);
  return { readyMs, cpuMs: await cpuMs(pid), rssMb: await rssMb(pid) };
}

export function startFigures({ zapfleet, raw }: Pair<EmptyProcess>, starts: number): Figure[] {
  const common = { sessions: null, sandbox: null };
  return [
    {
      ...common,
      id: 'start_to_ready',
      what: 'start to ready',
      unit: 's',
      zapfleet: zapfleet.readyMs / 1000,
      raw: raw && raw.readyMs / 1000,
      required: { atMost: 1.5 },
      detail: { starts, cpuMs: zapfleet.cpuMs },
    },
    {
      ...common,
      id: 'empty_rss',
      what: 'empty process, memory',
      unit: 'MB RSS',
      zapfleet: zapfleet.rssMb,
      raw: raw && raw.rssMb,
      required: { atMost: 170 },
      detail: { starts },
    },
  ];
}
