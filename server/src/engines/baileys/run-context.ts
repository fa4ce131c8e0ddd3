/** What the parts of a run share. */
import type { WASocket } from 'baileys';
import type { OpenRequest } from '../../ports/engine.ts';
import type { Me } from './envelope.ts';
import type { KeyStore } from './key-store.ts';
import type { Reporter } from './reporter.ts';
import type { WriteAheadGate } from './write-ahead-gate.ts';

export type RunContext = {
  request: OpenRequest;
  keys: KeyStore;
  gate: WriteAheadGate;
  reporter: Reporter;
  /** This account; null before it is paired. */
  me: () => Me | null;
  /** As others see this account; null until its phone has told. */
  name: () => string | null;
  /** Throws when the run is not online. */
  socket: () => WASocket;
  /** The answer, or a rejection when the run begins to end: Baileys leaves what is still asked then without an answer until its limits pass. */
  unlessEnded: <T>(work: Promise<T>) => Promise<T>;
  /** Aborts when the run begins to end. */
  ended: AbortSignal;
};
