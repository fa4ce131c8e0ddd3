/** A run's surroundings for tests of its parts: a store in memory, what it told, and a socket that answers as a test says. */
import type { WASocket } from 'baileys';
import type { EngineEvent } from '../../ports/engine.ts';
import { MemoryCredentials, RecordedLog } from '../conformance-session.ts';
import { KeyStore } from './key-store.ts';
import { Reporter } from './reporter.ts';
import type { RunContext } from './run-context.ts';
import { WriteAheadGate } from './write-ahead-gate.ts';

export type Surroundings = RunContext & { told: EngineEvent[]; credentials: MemoryCredentials; log: RecordedLog };

export function surroundings(socket: object = {}): Surroundings {
  const told: EngineEvent[] = [];
  const log = new RecordedLog();
  const credentials = new MemoryCredentials();
  const reporter = new Reporter((event) => {
    told.push(event);
    return Promise.resolve();
  }, log);
  const gate = new WriteAheadGate({ gather: () => undefined, onFailure: () => undefined });
  const keys = new KeyStore({
    store: credentials,
    onCommit: (commit) => gate.follow(commit),
    onReadFailure: () => undefined,
    onMapping: () => undefined,
  });
  const request = { keptMessage: () => Promise.resolve(undefined), log };
  return {
    ...{ told, credentials, log, reporter, gate, keys },
    request: request as unknown as RunContext['request'],
    me: () => ({ jid: '5511900000001:7@s.whatsapp.net', lid: '900:7@lid' }),
    name: () => 'Ana',
    socket: () => socket as WASocket,
    unlessEnded: (work) => work,
    ended: new AbortController().signal,
  };
}
