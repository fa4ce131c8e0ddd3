/** What a server says of itself at `/metrics`. */
import { join } from 'node:path';
import type { Client } from './client.ts';
import type { StartedServer } from './server.ts';

export type Series = { name: string; labels: Record<string, string>; value: number };

export async function readMetrics(client: Client): Promise<Series[]> {
  const { body } = await client.request('GET', '/metrics');
  const text = new TextDecoder().decode(body as Uint8Array);
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === undefined) return [];
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', text = '']) => [key, text]);
    return [{ name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) }];
  });
}

/** The sum of all series of this name. */
export function sumOf(metrics: readonly Series[], name: string): number {
  return metrics.filter((series) => series.name === name).reduce((sum, { value }) => sum + value, 0);
}

/** For `env` of a server whose figures are to be read. */
export const withGarbageCollector = { NODE_OPTIONS: `--import=${join(import.meta.dirname, 'collect-garbage.ts')}` };

export type Figures = { heapMb: number; rssMb: number; handles: number; resources: number; openFiles: number };

const collections = new WeakMap<StartedServer, number>();

/** The figures of a server started with `withGarbageCollector`, right after it has tidied up. */
export async function figuresOf(server: StartedServer, client: Client): Promise<Figures> {
  const times = (collections.get(server) ?? 0) + 1;
  collections.set(server, times);
  server.process.kill('SIGWINCH');
  await server.printed(new RegExp(`^(collected garbage ${times})$`, 'm'));
  const metrics = await readMetrics(client);
  const mb = (name: string) => Math.round(sumOf(metrics, name) / 2 ** 20);
  return {
    heapMb: mb('nodejs_heap_size_used_bytes'),
    rssMb: mb('process_resident_memory_bytes'),
    handles: sumOf(metrics, 'nodejs_active_handles_total'),
    resources: sumOf(metrics, 'nodejs_active_resources_total'),
    openFiles: sumOf(metrics, 'process_open_fds'),
  };
}
