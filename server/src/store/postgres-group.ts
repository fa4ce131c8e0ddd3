/** Carries out the changes of one transaction, whose `begin` has left already. */
import type { LoggedEvent } from '../ports/event-log.ts';
import type { Change, CommitResult, EventDraft, Write } from '../ports/store.ts';
import { ConnectionLost } from './failures.ts';
import { createLanes, laneOf, type Place } from './lanes.ts';
import { type Applied as AppliedWrite, draftsOf, type Outcome, type Statement, type Steps } from './statement.ts';

export type GroupParts = {
  /** Sends a statement at once, behind those before it. */
  execute(statement: Statement): Promise<Outcome>;
  stepsOf(write: Write): Steps<AppliedWrite>;
  logged(draft: EventDraft, seq: number): LoggedEvent;
  append(event: LoggedEvent): Steps<void>;
  /** The newest `seq` that is committed. */
  lastSeq: number;
};

export type Settled = { ok: true; result: CommitResult } | { ok: false; error: unknown };

/** `appended` settles when the last statements were answered; the commit need not wait for it to leave. */
export type Applied = { settled: Settled[]; events: LoggedEvent[]; appended: Promise<unknown> };

/** One of the changes has to be undone, and the others not. */
export class MustUndo extends Error {}

/**
 * All changes together, each statement as early as the rows it touches allow: a handful of round trips for hundreds of changes. Rejects when
 * anything fails; the transaction is then to be rolled back.
 */
export async function allAtOnce(parts: GroupParts, group: readonly Change[]): Promise<Applied> {
  const takePlace = createLanes();
  const flight = { failed: false };
  const under = group.map((change) => {
    const places = change.map((write) => takePlace(laneOf(write)));
    return inPlaces(parts, flight, change, places);
  });
  // All have to be over, whatever comes of them, before the transaction can be rolled back.
  const over = await Promise.allSettled(under);
  const results = over.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
  const events: LoggedEvent[] = [];
  for (const [at, { committed, applied }] of results.entries()) {
    if (committed) events.push(...eventsOf(parts, group[at] ?? [], applied, parts.lastSeq + events.length));
  }
  const appended = Promise.all(events.map((event) => perform(parts.execute, parts.append(event))));
  return {
    settled: results.map(({ committed, applied }) => ({ ok: true, result: resultOf(committed, applied) })),
    events,
    appended,
  };
}

/** Each write of a change when its place allows. What stands behind a `required` one waits for its outcome. */
async function inPlaces(
  parts: GroupParts,
  flight: { failed: boolean },
  change: Change,
  places: readonly Place[],
): Promise<{ committed: boolean; applied: readonly AppliedWrite[] }> {
  const applied: AppliedWrite[] = change.map(() => false);
  const begun: Promise<unknown>[] = [];
  let missing = false;
  const send = (statement: Statement): Promise<Outcome> => {
    // What was sent already will be undone; no need to send more.
    if (flight.failed) throw new MustUndo('the transaction is lost');
    return parts.execute(statement);
  };
  const one = async (at: number, write: Change[number], place: Place): Promise<void> => {
    try {
      if (place.before) await place.before;
      const sent = laneOf(write)?.once ? place.left : undefined;
      applied[at] = await perform(send, parts.stepsOf(write), sent);
    } catch (error) {
      flight.failed = true;
      throw error;
    } finally {
      place.left();
    }
  };
  for (const [at, write] of change.entries()) {
    const place = places[at];
    if (!place) continue;
    if (missing) {
      place.left();
      continue;
    }
    const work = one(at, write, place);
    begun.push(work);
    if (!write.required) continue;
    const { failed } = await settled(begun);
    missing = failed || applied[at] === false;
  }
  await Promise.all(begun);
  if (missing && applied.some((one) => one !== false)) {
    flight.failed = true;
    throw new MustUndo('a change has to be undone');
  }
  return { committed: !missing, applied };
}

async function settled(works: readonly Promise<unknown>[]): Promise<{ failed: boolean }> {
  const over = await Promise.allSettled(works);
  return { failed: over.some(({ status }) => status === 'rejected') };
}

/** Each change by itself, so that one can be undone without the others. Rejects when the whole transaction is lost. */
export async function oneByOne(parts: GroupParts, group: readonly Change[]): Promise<Applied> {
  const events: LoggedEvent[] = [];
  const results: Settled[] = [];
  for (const change of group) {
    await parts.execute(command('savepoint change'));
    const { settled, told } = await byItself(parts, change, parts.lastSeq + events.length);
    if (!settled.ok || !settled.result.committed) await parts.execute(command('rollback to change'));
    results.push(settled);
    events.push(...told);
    await parts.execute(command('release change'));
  }
  return { settled: results, events, appended: Promise.resolve() };
}

async function byItself(
  parts: GroupParts,
  change: Change,
  seq: number,
): Promise<{ settled: Settled; told: LoggedEvent[] }> {
  try {
    const applied = await inTurn(parts, change);
    const committed = change.every(({ required }, at) => !required || applied[at] !== false);
    const told = committed ? eventsOf(parts, change, applied, seq) : [];
    for (const event of told) await perform(parts.execute, parts.append(event));
    return { settled: { ok: true, result: resultOf(committed, applied) }, told };
  } catch (error) {
    if (error instanceof ConnectionLost) throw error;
    return { settled: { ok: false, error }, told: [] };
  }
}

/** Stops behind the first `required` write that changes nothing. */
async function inTurn(parts: GroupParts, change: Change): Promise<AppliedWrite[]> {
  const applied: AppliedWrite[] = change.map(() => false);
  for (const [at, write] of change.entries()) {
    const outcome = await perform(parts.execute, parts.stepsOf(write));
    applied[at] = outcome;
    if (outcome === false && write.required) break;
  }
  return applied;
}

function resultOf(committed: boolean, applied: readonly AppliedWrite[]): CommitResult {
  return { committed, changed: applied.map((one) => one !== false) };
}

function eventsOf(parts: GroupParts, change: Change, applied: readonly AppliedWrite[], seq: number): LoggedEvent[] {
  const drafts = change.flatMap((write, at) => draftsOf(write, applied[at] ?? false));
  return drafts.map((draft, at) => parts.logged(draft, seq + at + 1));
}

/** `sent` is called when the first statement has left, or none will. */
export async function perform<T>(execute: GroupParts['execute'], steps: Steps<T>, sent?: () => void): Promise<T> {
  let step = steps.next();
  while (!step.done) {
    const answer = execute(step.value);
    sent?.();
    step = steps.next(await answer);
  }
  return step.value;
}

export function command(sql: string): Statement {
  return { sql, parameters: [], reads: false };
}
