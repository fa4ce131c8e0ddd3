/** Asks WhatsApp to remove this device: over a live run, or over one that is opened for nothing else. */
import type { Unlinked } from '@zapfleet/contract';
import type { Ending } from '../domain/ending.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { Clock } from '../ports/clock.ts';
import type { Engine, EngineEvent, EngineRun, OpenRequest, ProtocolVersion } from '../ports/engine.ts';
import type { Traffic } from '../ports/traffic.ts';
import { isTraffic, openRequest, type OpenRequestParts } from './open-request.ts';

/** How long a session that is not connected may take to connect. */
const CONNECT_MS = 10_000;

export type UnlinkOutcome = { unlinked: Unlinked; detail?: string };

export type Unlinking = {
  /** Never rejects. */
  outcome: Promise<UnlinkOutcome>;
  /** Resolves when the run is over. */
  closed: Promise<void>;
};

export type UnlinkParts = OpenRequestParts & {
  engine: Engine;
  traffic: Traffic;
  clock: Clock;
  version(refresh: boolean): Promise<ProtocolVersion | null>;
};

export function unlinkOver(run: EngineRun): Unlinking {
  const closing = run.close('logout');
  return {
    outcome: closing.then(
      ({ unlinked }) => ({ unlinked }),
      (error: unknown) => ({ unlinked: 'unconfirmed', detail: String(error) }),
    ),
    closed: closing.then(nothing, nothing),
  };
}

export function unlinkOverNewRun(parts: UnlinkParts, record: SessionRecord): Unlinking {
  const over = Promise.withResolvers<undefined>();
  return { outcome: connectAndUnlink(parts, record, () => over.resolve(undefined)), closed: over.promise };
}

async function connectAndUnlink(parts: UnlinkParts, record: SessionRecord, over: () => void): Promise<UnlinkOutcome> {
  const { clock, engine, traffic, version } = parts;
  const ready = Promise.withResolvers<'open' | Ending>();
  const { generation } = record;
  const emit = async (event: EngineEvent) => {
    if (event.type === 'open') ready.resolve('open');
    else if (event.type === 'closed') ready.resolve(event.ending);
    else if (isTraffic(event)) await traffic.receive(record, event);
  };
  let request: OpenRequest;
  try {
    request = await openRequest(parts, record, { generation, version: await version(false), emit });
  } catch (error) {
    over();
    return { unlinked: 'unconfirmed', detail: `it could not connect to ask for it: ${String(error)}` };
  }
  const run = engine.open(request);
  const cancel = clock.after(CONNECT_MS, () => ready.resolve(notInTime));
  const outcome = await ready.promise;
  cancel();
  if (outcome === 'open') {
    const last = unlinkOver(run);
    void last.closed.then(over);
    return last.outcome;
  }
  void run.close('disconnect').then(over, over);
  return outcome.code === 401
    ? { unlinked: 'confirmed', detail: 'WhatsApp had removed this device already' }
    : { unlinked: 'unconfirmed', detail: `it could not connect to ask for it: ${outcome.raw}` };
}

const notInTime: Ending = {
  how: 'socket',
  code: null,
  conflict: null,
  until: null,
  raw: `not within ${CONNECT_MS / 1_000} s`,
};

function nothing(): void {
  // who waits only wants to know that it is over
}
