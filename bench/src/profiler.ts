/** CPU profiles of a running process over Node's own inspector, for exactly the time of one measurement. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Program } from './program.ts';

/** The program must run with these. */
export const inspectorArgs: readonly string[] = ['--inspect=127.0.0.1:0'];

/** Writes `<folder>/<label>.cpuprofile`, which Chromium's developer tools open. */
export async function profiled<T>(program: Program, folder: string, label: string, work: () => Promise<T>): Promise<T> {
  const socket = new WebSocket(await program.printed(/^Debugger listening on (ws:\S+)$/m));
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error('no inspector answers'));
  });
  const waiting = new Map<number, (result: unknown) => void>();
  socket.onmessage = ({ data }: { data: unknown }) => {
    const { id, result } = JSON.parse(String(data)) as { id: number; result: unknown };
    waiting.get(id)?.(result);
  };
  let lastId = 0;
  const ask = (method: string, params: object = {}) =>
    new Promise<unknown>((resolve) => {
      const id = ++lastId;
      waiting.set(id, resolve);
      socket.send(JSON.stringify({ id, method, params }));
    });

  await ask('Profiler.enable');
  await ask('Profiler.setSamplingInterval', { interval: 200 });
  await ask('Profiler.start');
  const result = await work();
  const { profile } = (await ask('Profiler.stop')) as { profile: unknown };
  socket.close();
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${label}.cpuprofile`), JSON.stringify(profile));
  return result;
}
