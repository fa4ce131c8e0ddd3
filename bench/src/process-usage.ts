/** What the kernel says that a process took. The same ruler for every process, and it costs the measured one nothing. */
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

/** Linux counts for programs in hundredths of a second on every machine that Node runs on. */
const TICK_MS = 10;
const PAGE_BYTES = 4096;
const MEGABYTE = 1024 * 1024;

/** CPU time until now of all its threads, in the program and in the kernel. */
export async function cpuMs(pid: number): Promise<number> {
  const stat = await readProc(pid, 'stat');
  // The second field is the name in brackets and may hold anything; what follows it is plain.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  if (!Number.isFinite(user + system)) throw new Error(`/proc/${pid}/stat is not as expected: ${stat}`);
  return (user + system) * TICK_MS;
}

/** Memory of the process that is in RAM now. */
export async function rssMb(pid: number): Promise<number> {
  const [, resident = ''] = (await readProc(pid, 'statm')).split(' ');
  return (Number(resident) * PAGE_BYTES) / MEGABYTE;
}

/**
 * Resolves when the process has come to rest: what a login or a message set off behind the scenes is then done and paid for. At rest
 * means under 2 % of a core for a second and a half.
 */
export async function atRest(pid: number, withinMs = 60_000): Promise<void> {
  const windowMs = 500;
  const deadline = performance.now() + withinMs;
  let quiet = 0;
  let before = await cpuMs(pid);
  while (quiet < 3) {
    if (performance.now() > deadline) throw new Error(`process ${pid} did not come to rest within ${withinMs} ms`);
    await pause(windowMs);
    const now = await cpuMs(pid);
    quiet = now - before <= TICK_MS ? quiet + 1 : 0;
    before = now;
  }
}

async function readProc(pid: number, name: string): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/${name}`, 'utf8');
  } catch (cause) {
    throw new Error(`cannot read /proc/${pid}/${name}: the process is gone, or this is not Linux`, { cause });
  }
}
