/** A fleet on a scripted engine and a clock that stands still, for the tests of everything in this folder. */
import { randomBytes } from 'node:crypto';
import { idSequence } from '@zapfleet/contract';
import type { KeptFiles } from '../ports/media.ts';
import { createFleet, type FleetParts, type RunningFleet } from './fleet.ts';
import { type ManualClock, type ScriptedEngine, silentLog } from './scripted.fixture.ts';

export type FleetSurroundings = Pick<FleetParts, 'store'> &
  Partial<Pick<FleetParts, 'traffic' | 'openConcurrency'>> & { engine: ScriptedEngine; clock: ManualClock };

export function fleetOn({ store, engine, clock, traffic, openConcurrency = 20 }: FleetSurroundings): RunningFleet {
  return createFleet({
    store,
    engines: [engine],
    proxyAddresses: () => Promise.resolve([]),
    checkAddress: () => Promise.resolve(),
    networks: { whatsapp: { url: 'ws://127.0.0.1:9', rootKey: null }, sandbox: null },
    versions: { current: () => Promise.resolve(null) },
    traffic: traffic ?? { receive: () => Promise.resolve(), online: () => undefined, offline: () => undefined },
    clock: { ...clock, after: (ms, call) => (ms < 100 ? soon(call) : clock.after(ms, call)) },
    newId: idSequence(clock.now, randomBytes),
    log: silentLog,
    defaults: {
      engine: 'baileys',
      network: 'whatsapp',
      timeZone: 'UTC',
      ignore: { groups: false, status: true, newsletters: true },
    },
    openConcurrency,
    qrLimit: 6,
    closeTimeoutMs: 5_000,
    probeEveryMs: 60_000,
    lagMs: () => 0,
    autoCleanup: true,
    cleanupDelayMs: 3_000,
    foldersIn: '/nowhere',
    files: noFiles,
  });
}

const noFiles: KeptFiles = {
  removeOf: () => Promise.resolve(0),
  strays: () => Promise.resolve([]),
  removeStray: () => Promise.resolve(),
};

/** The jitter of openings is not what these tests are about. */
function soon(call: () => void): () => void {
  queueMicrotask(call);
  return () => undefined;
}
