/**
 * Logout and delete of sessions: carries out the steps of a teardown one after another, stores its progress after each, and goes on with what
 * a crash left behind. A teardown never fails: what could not be done stands in its receipt.
 */
import type { SessionId, TeardownStepName } from '@zapfleet/contract';
import { GatewayError } from '../domain/gateway-error.ts';
import type { SessionRecord } from '../domain/session.ts';
import {
  beginTeardown,
  nextStep,
  recordStep,
  receiptOf,
  type StepResult,
  type Teardown,
  type TeardownKind,
} from '../domain/teardown.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Change, EventDraft, Store } from '../ports/store.ts';
import type { SessionRunner } from './runner.ts';

const nothingElsewhere: StepResult = { outcome: 'skipped', detail: 'this engine keeps nothing on another server' };
const PURGED_AT_ONCE = 5_000;

export type TeardownParts = {
  store: Store;
  clock: Clock;
  log: Log;
  runnerFor(record: SessionRecord): SessionRunner;
  /** Lets go of what is kept in memory of a session that is gone. */
  forget(id: SessionId): void;
  /** Has the engine remove what it keeps of a session's pairings outside of the store. Never rejects. */
  forgetPairings(record: SessionRecord): Promise<void>;
  /** Removes the files of its messages; answers how many. */
  removeFiles(id: SessionId): Promise<number>;
  /** The cleanup that a session is deleted by, for its event. */
  cleanupOf(id: SessionId): { id: string; total: number; finished: number } | null;
};

export type Teardowns = {
  /** Begins one, or joins the one that is under way; a logout under way is finished before a delete begins. Resolves with its end. */
  run(kind: TeardownKind, id: SessionId): Promise<Teardown>;
  /** The one that is under way. */
  current(id: SessionId): Teardown | null;
  /** Resolves when no logout of this session is under way; throws `session_busy` while it is being deleted. */
  settled(id: SessionId): Promise<void>;
  /** Goes on with what the last process left. */
  resume(): Promise<number>;
};

/** `teardown` is null until its session was read. */
type Running = { kind: TeardownKind; teardown: Teardown | null; end: Promise<Teardown> };

export function createTeardowns(parts: TeardownParts): Teardowns {
  const { store, clock, log, runnerFor, forget, forgetPairings, removeFiles, cleanupOf } = parts;
  const running = new Map<SessionId, Running>();

  async function run(kind: TeardownKind, id: SessionId): Promise<Teardown> {
    for (let now = running.get(id); now; now = running.get(id)) {
      if (now.kind === kind || now.kind === 'delete') return now.end;
      await now.end;
    }
    return track(id, kind, null, () => prepare(kind, id));
  }

  /** Notes a teardown before anything is awaited, so that a second call joins it. */
  function track(
    id: SessionId,
    kind: TeardownKind,
    teardown: Teardown | null,
    make: () => Promise<{ teardown: Teardown; runner: SessionRunner }>,
  ): Promise<Teardown> {
    const entry: Running = { kind, teardown, end: Promise.resolve().then(work) };
    running.set(id, entry);
    entry.end.catch(() => undefined);
    return entry.end;

    async function work(): Promise<Teardown> {
      try {
        const { teardown: begun, runner } = await make();
        return await carryOut(begun, runner, (next) => {
          entry.teardown = next;
        });
      } finally {
        running.delete(id);
      }
    }
  }

  async function prepare(kind: TeardownKind, id: SessionId): Promise<{ teardown: Teardown; runner: SessionRunner }> {
    const record = await store.sessions.get(id);
    if (!record) throw new GatewayError('session_not_found');
    const runner = runnerFor(record);
    const teardown = beginTeardown(kind, record, clock.now());
    const stored: Change = [{ kind: 'teardown.put', teardown }];
    if (kind === 'delete') await runner.tell({ type: 'delete' }, [...stored, { kind: 'session.free_name', id }]);
    else await store.commit(stored);
    logOf(teardown).info({}, kind === 'delete' ? 'Deleting the session; its name is free' : 'Logging the session out');
    return { teardown, runner };
  }

  const logOf = ({ sessionId, name }: Teardown): Log => log.child({ sessionId, session: name });

  async function carryOut(begun: Teardown, runner: SessionRunner, note: (now: Teardown) => void): Promise<Teardown> {
    const say = logOf(begun);
    let teardown = begun;
    note(begun);
    for (let step = nextStep(teardown); step; step = nextStep(teardown)) {
      const { name } = step;
      if (step.pauseMs > 0) await pause(step.pauseMs);
      const startedAt = clock.now();
      const result = await within(step.limitMs, perform(name, teardown, runner));
      const after = recordStep(teardown, name, result, clock.now() - startedAt, clock.now());
      say.info({ step: name, outcome: result.outcome, detail: result.detail }, sentenceFor(name, result));
      if (!(await stored(conclude(name, result, after), say))) continue;
      teardown = after;
      note(after);
    }
    if (teardown.kind === 'delete') forget(teardown.sessionId);
    say.info(
      { unlinked: teardown.unlinked },
      teardown.kind === 'delete' ? 'The session is deleted' : 'The session is logged out',
    );
    return teardown;
  }

  /** The last step of a delete takes the row and leaves the receipt, in one commit. */
  function conclude(name: TeardownStepName, result: StepResult, after: Teardown): Change {
    const put = { kind: 'teardown.put', teardown: after } as const;
    if (name !== 'remove_rows' || result.outcome === 'failed') return [put];
    const { sessionId, tenantId } = after;
    const deleted: EventDraft = {
      type: 'session.deleted',
      tenantId,
      session: { id: sessionId, name: after.name },
      occurredAt: clock.now(),
      data: { unlinked: receiptOf(after).unlinked, cleanup: cleanupOf(sessionId) },
    };
    return [{ kind: 'session.remove', id: sessionId, events: [deleted] }, put];
  }

  async function perform(name: TeardownStepName, teardown: Teardown, runner: SessionRunner): Promise<StepResult> {
    switch (name) {
      case 'logout': {
        const { unlinked, detail } = await runner.unlink();
        return {
          outcome: unlinked === 'not_linked' ? 'skipped' : 'done',
          unlinked,
          ...(detail !== undefined && { detail }),
        };
      }
      case 'close_engine':
        await runner.closeRun();
        return { outcome: 'done' };
      case 'wipe_credentials': {
        const { record } = runner;
        await wipe(teardown, runner);
        await forgetPairings(record);
        return { outcome: 'done' };
      }
      case 'remove_remote':
        return removeRemote(runner);
      case 'verify_remote':
        return verifyRemote(runner);
      case 'remove_files': {
        const count = await removeFiles(teardown.sessionId);
        return count === 0
          ? { outcome: 'skipped' }
          : { outcome: 'done', detail: count === 1 ? '1 file' : `${count} files` };
      }
      case 'remove_rows':
        while (
          (await store.commit([{ kind: 'session.purge', id: teardown.sessionId, limit: PURGED_AT_ONCE }])).changed[0]
        );
        return { outcome: 'done' };
    }
  }

  async function removeRemote({ remote }: SessionRunner): Promise<StepResult> {
    if (!remote) return nothingElsewhere;
    const count = await remote.remove();
    if (count === 0) return { outcome: 'skipped', detail: 'there was none' };
    return { outcome: 'done', detail: count === 1 ? '1 instance' : `${count} instances` };
  }

  /** Such servers answer a delete before it is done, or without doing it: it is looked for, and asked for again. */
  async function verifyRemote({ remote }: SessionRunner): Promise<StepResult> {
    if (!remote) return nothingElsewhere;
    if ((await remote.count()) === 0) return { outcome: 'done' };
    await remote.remove();
    return { outcome: 'failed', detail: 'the server said that it was removed, but it was still there' };
  }

  /** A logout also tells the state, in the same commit; a delete takes what an earlier generation left as well. */
  async function wipe({ kind, sessionId }: Teardown, runner: SessionRunner): Promise<void> {
    if (kind === 'logout') {
      await runner.tell({ type: 'logged_out_by_user' });
      // The next link gets an instance of its own; should this one stay, the look for orphans takes it.
      await runner.remote?.remove().catch((error: unknown) => {
        log.warn({ sessionId, reason: reasonOf(error) }, 'The remote instance was not removed yet');
      });
      return;
    }
    const { generation, archived } = runner.record;
    await store.commit(
      [generation, ...archived].map((number) => ({
        kind: 'credentials.wipe',
        owner: { sessionId, generation: number },
      })),
    );
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => clock.after(ms, resolve));
  }

  /** A step that takes too long has failed; what it still does later harms nobody, since every step can be repeated. */
  async function within(ms: number, work: Promise<StepResult>): Promise<StepResult> {
    const late = Promise.withResolvers<StepResult>();
    const cancel = clock.after(ms, () =>
      late.resolve({ outcome: 'failed', detail: `not done within ${ms / 1_000} s` }),
    );
    const failed = (error: unknown): StepResult => ({ outcome: 'failed', detail: reasonOf(error) });
    const result = await Promise.race([work.catch(failed), late.promise]);
    cancel();
    return result;
  }

  /** Progress that could not be stored (a full disk): the step is done again later, which costs nothing but time. */
  async function stored(change: Change, say: Log): Promise<boolean> {
    try {
      await store.commit(change);
      return true;
    } catch (error) {
      say.error({ error }, 'The progress could not be stored; it is tried again');
      await pause(1_000);
      return false;
    }
  }

  return {
    run,
    current: (id) => running.get(id)?.teardown ?? null,
    async settled(id) {
      const now = running.get(id);
      if (!now) return;
      if (now.kind === 'delete') throw new GatewayError('session_busy');
      await now.end;
    },
    async resume() {
      const left = await store.teardowns.unfinished();
      for (const teardown of left) {
        const { sessionId } = teardown;
        const record = await store.sessions.get(sessionId);
        if (!record) {
          log.error({ sessionId }, 'A teardown was left without its session');
          continue;
        }
        logOf(teardown).info({ kind: teardown.kind }, 'Going on with what the last process began');
        track(sessionId, teardown.kind, teardown, () => Promise.resolve({ teardown, runner: runnerFor(record) })).catch(
          (error: unknown) => log.error({ error, sessionId }, 'A teardown ended by a fault of ours'),
        );
      }
      return left.length;
    },
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** One line per step, in plain words; docs/logout-and-cleanup.md quotes them. */
function sentenceFor(name: TeardownStepName, result: StepResult): string {
  const unconfirmed = result.outcome === 'done' && result.unlinked === 'unconfirmed';
  return sentences[name][unconfirmed ? 'failed' : result.outcome];
}

const sentences: Record<TeardownStepName, Record<StepResult['outcome'], string>> = {
  logout: {
    done: 'WhatsApp unlinked this device',
    skipped: 'There was no device to unlink',
    failed: 'WhatsApp did not confirm that it unlinked this device',
  },
  close_engine: {
    done: 'Closed the connection',
    skipped: 'There was no connection to close',
    failed: 'The connection could not be closed; it was abandoned',
  },
  wipe_credentials: {
    done: 'Wiped the credentials',
    skipped: 'There were no credentials to wipe',
    failed: 'The credentials could not be wiped; it is tried again',
  },
  remove_remote: {
    done: 'Removed the remote instance',
    skipped: 'There is no remote instance to remove',
    failed: 'The remote instance could not be removed',
  },
  verify_remote: {
    done: 'Made sure that the remote instance is gone',
    skipped: 'There is no remote instance to look for',
    failed: 'Could not make sure that the remote instance is gone',
  },
  remove_files: {
    done: 'Removed the files of the session',
    skipped: 'There were no files to remove',
    failed: 'The files of the session could not be removed; it is tried again',
  },
  remove_rows: {
    done: 'Removed the rows of the session',
    skipped: 'There were no rows to remove',
    failed: 'The rows of the session could not be removed; it is tried again',
  },
};
