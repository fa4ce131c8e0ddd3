import { collectDefaultMetrics, Registry } from 'prom-client';

let registry: Registry | null = null;

/** CPU, memory, event loop, garbage collection and handles. Of the process and not of one server in it: the watchers behind it cannot be taken away again. */
export function processMetrics(): Promise<string> {
  if (registry === null) {
    registry = new Registry();
    collectDefaultMetrics({ register: registry });
  }
  return registry.metrics();
}
