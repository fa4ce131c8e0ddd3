/**
 * The session machine: a pure function from state and input to state and effects. Every change of a session's state happens here and
 * nowhere else. Inputs of an engine carry the number of their run; those of a dead run change nothing.
 */
import type { Account, Cause, EventData, EventType, Health } from '@zapfleet/contract';
import type { Ending } from './ending.ts';
import { causeFor, judge, retryDelay, type Verdict } from './disconnect.ts';
import { causeOf, isoTime } from './resources.ts';
import type { SessionProgress, SessionState } from './session.ts';

export type Input =
  /** A person's verbs. */
  | { type: 'start' }
  | { type: 'stop' }
  | { type: 'restart' }
  /** The process came up. `available`: it has the engine and the network of this session. */
  | { type: 'boot'; available: boolean }
  /** The time of the next attempt came, or the host was reached by another session. */
  | { type: 'retry' }
  /** The run was not ready in time. */
  | { type: 'open_timeout'; run: number }
  /** A probe query was answered, or not. `lagMs`: how far the process itself was behind meanwhile. */
  | { type: 'probe'; run: number; answered: boolean; lagMs: number }
  /** A person had this device unlinked: the credentials are of no use now. */
  | { type: 'logged_out_by_user' }
  /** The delete has begun. */
  | { type: 'delete' }
  | { type: 'engine'; run: number; event: LifecycleEvent };

export type LifecycleEvent =
  | { type: 'qr'; attempt: number; expiresAt: number }
  | { type: 'pairing_code'; expiresAt: number }
  | { type: 'paired'; account: Account }
  | { type: 'open'; account: Account }
  | { type: 'account'; account: Account }
  | { type: 'closed'; ending: Ending };

/** `random` is in [0, 1); `now` in ms since the epoch. `cleanupDelayMs`: null where a logout by WhatsApp keeps the session. */
export type Env = { now: number; random: number; cleanupDelayMs: number | null };

type Announcement = { [T in EventType]: { type: 'announce'; event: T; data: EventData<T> } }[EventType];

export type Effect =
  /** Written in the commit of the new state. */
  | Announcement
  | { type: 'set_account'; account: Account | null }
  | { type: 'wipe_credentials'; generation: number }
  /** The link by which a customer could link his phone has done its work. */
  | { type: 'spend_pairing_link' }
  /** Carried out after the commit, in this order. */
  | { type: 'close' }
  | { type: 'open'; run: number; generation: number; refreshVersion: boolean }
  | { type: 'retry_at'; at: number }
  /** Remove the session then, as delete does, unless it was started again. */
  | { type: 'cleanup_at'; at: number };

export type Step = { progress: SessionProgress; effects: Effect[] };

export function step(progress: SessionProgress, input: Input, env: Env): Step {
  switch (input.type) {
    case 'start':
      return start(progress, env);
    case 'stop':
      return stop(progress, env);
    case 'restart':
      return isLive(progress.state) ? reopen(progress, env) : start(progress, env);
    case 'boot':
      return boot(progress, input.available, env);
    case 'retry':
      return progress.state.name === 'waiting'
        ? open(progress, env, progress.state.attempt, progress.state.cause)
        : unchanged(progress);
    case 'open_timeout':
      return input.run === progress.run && progress.state.name === 'connecting'
        ? openTimedOut(progress, env)
        : unchanged(progress);
    case 'probe':
      return input.run === progress.run && progress.state.name === 'connected'
        ? probed(progress, progress.state, input, env)
        : unchanged(progress);
    case 'logged_out_by_user':
      return loggedOutByUser(progress, env);
    case 'delete':
      return progress.state.name === 'deleting'
        ? unchanged(progress)
        : enter(
            { ...progress, desired: 'stopped' },
            { name: 'deleting', since: env.now, cause: causeOf(progress.state) },
            farewell(progress, 'stopped_by_user', null),
          );
    case 'engine':
      return input.run === progress.run && isLive(progress.state)
        ? engine(progress, input.event, env)
        : unchanged(progress);
  }
}

const unchanged = (progress: SessionProgress): Step => ({ progress, effects: [] });

/** Whether an engine run belongs to this state. */
export function isLive(state: SessionState): boolean {
  return state.name === 'connecting' || state.name === 'linking' || state.name === 'connected';
}

function start(progress: SessionProgress, env: Env): Step {
  const running: SessionProgress = { ...progress, desired: 'running' };
  const { state } = progress;
  switch (state.name) {
    case 'connecting':
    case 'linking':
    case 'connected':
    case 'deleting':
      return unchanged(running);
    case 'waiting':
      return open(running, env, state.attempt, state.cause);
    case 'failed': {
      if (state.cause.until !== null && Date.parse(state.cause.until) > env.now) return unchanged(progress);
      const cleared: SessionProgress = { ...running, attempt: 0, unknownInARow: 0, versionRefreshed: false };
      return state.cause.code === 'credentials_corrupted'
        ? openNextGeneration(cleared, env)
        : open(cleared, env, 0, null);
    }
    case 'stopped':
    case 'logged_out':
      return open({ ...running, attempt: 0, unknownInARow: 0, versionRefreshed: false }, env, 0, null);
  }
}

function stop(progress: SessionProgress, env: Env): Step {
  const stopped: SessionProgress = { ...progress, desired: 'stopped' };
  switch (progress.state.name) {
    case 'stopped':
    case 'logged_out':
    case 'deleting':
      return unchanged(stopped);
    case 'failed':
      // The cause stays in sight: a ban does not go away because somebody pressed stop.
      return enter(stopped, { name: 'stopped', since: env.now, cause: progress.state.cause }, []);
    case 'waiting':
      return enter(stopped, { name: 'stopped', since: env.now, cause: null }, []);
    case 'connecting':
    case 'linking':
    case 'connected': {
      const next: SessionState = { name: 'stopped', since: env.now, cause: null };
      return enter(stopped, next, [...farewell(progress, 'stopped_by_user', null), { type: 'close' }]);
    }
  }
}

/** After a start of the process: what ran goes on, what was ended stays so. */
function boot(progress: SessionProgress, available: boolean, env: Env): Step {
  const { state } = progress;
  if (state.name === 'logged_out' && state.cleanupAt !== null) {
    return { progress, effects: [{ type: 'cleanup_at', at: state.cleanupAt }] };
  }
  if (progress.desired !== 'running') return unchanged(progress);
  switch (state.name) {
    case 'connecting':
    case 'linking':
    case 'connected':
    case 'waiting': {
      if (available) return open(progress, env, 0, causeOf(state));
      const cause = causeFor('unavailable');
      return enter(progress, { name: 'failed', since: env.now, cause }, [
        { type: 'announce', event: 'session.failed', data: { cause } },
      ]);
    }
    case 'failed':
      return available && state.cause.code === 'unavailable' ? open(progress, env, 0, null) : unchanged(progress);
    case 'stopped':
    case 'logged_out':
    case 'deleting':
      return unchanged(progress);
  }
}

/** `cause`: why it has to open again, kept in sight while it does; null when a person wants it. */
function open(progress: SessionProgress, env: Env, attempt: number, cause: Cause | null, refreshVersion = false): Step {
  const run = progress.run + 1;
  const next: SessionProgress = {
    ...progress,
    run,
    versionRefreshed: progress.versionRefreshed || refreshVersion,
  };
  const state: SessionState = { name: 'connecting', since: env.now, attempt, cause };
  return enter(next, state, [{ type: 'open', run, generation: progress.generation, refreshVersion }]);
}

/** Leaves the damaged credentials of the old generation where they are and begins a new pairing. */
function openNextGeneration(progress: SessionProgress, env: Env): Step {
  const next = { ...unlinked(progress), archived: [...progress.archived, progress.generation] };
  const step = open(next, env, 0, null);
  return { ...step, effects: [{ type: 'set_account', account: null }, ...step.effects] };
}

function unlinked(progress: SessionProgress): SessionProgress {
  return {
    ...progress,
    generation: progress.generation + 1,
    linked: false,
    pairedAt: null,
    everConnected: false,
  };
}

function reopen(progress: SessionProgress, env: Env): Step {
  const step = open({ ...progress, desired: 'running' }, env, 0, null);
  return { ...step, effects: [...farewell(progress, 'restarted_by_user', null), { type: 'close' }, ...step.effects] };
}

function openTimedOut(progress: SessionProgress, env: Env): Step {
  const step = wait(progress, causeFor('open_timeout'), env);
  return { ...step, effects: [{ type: 'close' }, ...step.effects] };
}

function engine(progress: SessionProgress, event: LifecycleEvent, env: Env): Step {
  // Some libraries tell the steps of a login again on a live connection: only the account may have changed.
  if (progress.state.name === 'connected' && event.type !== 'closed') {
    return 'account' in event
      ? { progress, effects: [{ type: 'set_account', account: event.account }] }
      : unchanged(progress);
  }
  switch (event.type) {
    case 'qr':
      return showQr(progress, event, env);
    case 'pairing_code':
      return {
        progress,
        effects: [{ type: 'announce', event: 'session.pairing_code', data: { expiresAt: isoTime(event.expiresAt) } }],
      };
    case 'paired':
      return enter(
        { ...progress, linked: true, pairedAt: env.now, everConnected: false },
        { name: 'connecting', since: env.now, attempt: 0, cause: null },
        [{ type: 'set_account', account: event.account }, { type: 'spend_pairing_link' }],
      );
    case 'open':
      return enter(
        { ...progress, everConnected: true, attempt: 0, unknownInARow: 0, versionRefreshed: false },
        { name: 'connected', since: env.now, health: { status: 'ok', cause: null }, missed: 0 },
        [
          { type: 'set_account', account: event.account },
          {
            type: 'announce',
            event: 'session.connected',
            data: { account: event.account, first: !progress.everConnected },
          },
        ],
      );
    case 'account':
      return { progress, effects: [{ type: 'set_account', account: event.account }] };
    case 'closed':
      return closed(progress, event.ending, env);
  }
}

function showQr(progress: SessionProgress, qr: { attempt: number; expiresAt: number }, env: Env): Step {
  const since = progress.state.name === 'linking' ? progress.state.since : env.now;
  const state: SessionState = { name: 'linking', since, attempt: qr.attempt, expiresAt: qr.expiresAt };
  const announce: Effect = {
    type: 'announce',
    event: 'session.qr',
    data: { attempt: qr.attempt, expiresAt: isoTime(qr.expiresAt) },
  };
  // A new code of the same linking is no change of state.
  return progress.state.name === 'linking'
    ? { progress: { ...progress, state }, effects: [announce] }
    : enter(progress, state, [announce]);
}

function closed(progress: SessionProgress, ending: Ending, env: Env): Step {
  const verdict = judge(ending, progress, env.now);
  const cause = causeFor(verdict.cause, ending);
  const counted: SessionProgress = {
    ...progress,
    unknownInARow: verdict.cause === 'unknown' ? progress.unknownInARow + 1 : 0,
  };
  const { kept, wipe } = credentialsAfter(counted, verdict);
  switch (verdict.next) {
    case 'reconnect_now': {
      const step = open(kept, env, 0, cause, verdict.refreshVersion);
      return { ...step, effects: [...farewell(progress, verdict.cause, null, ending), ...step.effects] };
    }
    case 'wait':
      return wait(kept, cause, env);
    case 'stopped':
      return enter({ ...kept, desired: 'stopped' }, { name: 'stopped', since: env.now, cause }, []);
    case 'logged_out': {
      const cleanupAt = env.cleanupDelayMs === null ? null : env.now + env.cleanupDelayMs;
      return enter({ ...kept, desired: 'stopped' }, { name: 'logged_out', since: env.now, cause, cleanupAt }, [
        ...farewell(progress, verdict.cause, null, ending),
        { type: 'announce', event: 'session.logged_out', data: { cause } },
        ...wipe,
        ...(cleanupAt === null ? [] : [{ type: 'cleanup_at', at: cleanupAt } as const]),
      ]);
    }
    case 'failed':
      return enter(kept, { name: 'failed', since: env.now, cause }, [
        ...farewell(progress, verdict.cause, null, ending),
        ...(verdict.cause === 'credentials_corrupted'
          ? [{ type: 'announce', event: 'session.auth_corrupted', data: { cause } } as const]
          : []),
        { type: 'announce', event: 'session.failed', data: { cause } },
        ...wipe,
      ]);
  }
}

/** Wiping ends the generation: whatever of it still runs can no longer reach the credentials of the next. */
function credentialsAfter(progress: SessionProgress, verdict: Verdict): { kept: SessionProgress; wipe: Effect[] } {
  if (verdict.credentials === 'keep') return { kept: progress, wipe: [] };
  return {
    kept: unlinked(progress),
    wipe: [
      { type: 'set_account', account: null },
      { type: 'wipe_credentials', generation: progress.generation },
    ],
  };
}

/** Beyond this the process itself was too slow to hear an answer: its own fault says nothing about WhatsApp. */
const LAG_MS = 1_000;
const MISSES_TOLERATED = 1;

/** One miss is `degraded`, the next one ends the run: a socket that is open and deaf is worth nothing. */
function probed(
  progress: SessionProgress,
  state: Extract<SessionState, { name: 'connected' }>,
  probe: { answered: boolean; lagMs: number },
  env: Env,
): Step {
  if (probe.answered) {
    return state.health.status === 'ok' ? unchanged(progress) : feel(progress, state, { status: 'ok', cause: null }, 0);
  }
  if (probe.lagMs > LAG_MS) {
    const cause = `event_loop_lag: this server was ${String(probe.lagMs)} ms behind`;
    return feel(progress, state, { status: 'degraded', cause }, state.missed);
  }
  const missed = state.missed + 1;
  if (missed <= MISSES_TOLERATED) {
    return feel(
      progress,
      state,
      { status: 'degraded', cause: 'probe_unanswered: WhatsApp did not answer a query' },
      missed,
    );
  }
  const step = wait(
    progress,
    { ...causeFor('connection_lost'), raw: 'two probe queries in a row went unanswered' },
    env,
  );
  return { ...step, effects: [...step.effects, { type: 'close' }] };
}

function feel(
  progress: SessionProgress,
  state: Extract<SessionState, { name: 'connected' }>,
  health: Health,
  missed: number,
): Step {
  const same = health.status === state.health.status && health.cause === state.health.cause;
  const told: Effect[] = same ? [] : [{ type: 'announce', event: 'session.health_changed', data: { health } }];
  return { progress: { ...progress, state: { ...state, health, missed } }, effects: told };
}

/** Without a link there is nothing to lose but the run; what it had begun to pair is of no use either. */
function loggedOutByUser(progress: SessionProgress, env: Env): Step {
  if (progress.state.name === 'deleting') return unchanged(progress);
  const cause = causeFor('logged_out_by_user');
  const state: SessionState = progress.linked
    ? { name: 'logged_out', since: env.now, cause, cleanupAt: null }
    : progress.state.name === 'logged_out'
      ? { ...progress.state, cleanupAt: null }
      : { name: 'stopped', since: env.now, cause: null };
  const { linked } = progress;
  return enter({ ...unlinked(progress), desired: 'stopped' }, state, [
    ...farewell(progress, 'logged_out_by_user', null),
    { type: 'set_account', account: null },
    { type: 'wipe_credentials', generation: progress.generation },
    ...(linked ? [{ type: 'announce', event: 'session.logged_out', data: { cause } } as const] : []),
    ...(isLive(progress.state) ? [{ type: 'close' } as const] : []),
  ]);
}

function wait(progress: SessionProgress, cause: ReturnType<typeof causeFor>, env: Env): Step {
  const attempt = progress.attempt + 1;
  const retryAt = env.now + retryDelay(attempt, env.random);
  const effects: Effect[] =
    progress.state.name === 'connected'
      ? [{ type: 'announce', event: 'session.disconnected', data: { cause, retryAt: isoTime(retryAt) } }]
      : [];
  return enter({ ...progress, attempt }, { name: 'waiting', since: env.now, cause, retryAt, attempt }, [
    ...effects,
    { type: 'retry_at', at: retryAt },
  ]);
}

/** Tells that a connected session is so no longer; nothing where it was not. */
function farewell(
  progress: SessionProgress,
  code: Parameters<typeof causeFor>[0],
  retryAt: string | null,
  ending?: Ending,
): Effect[] {
  if (progress.state.name !== 'connected') return [];
  return [{ type: 'announce', event: 'session.disconnected', data: { cause: causeFor(code, ending), retryAt } }];
}

/** The one place where a state is left for another: it is always announced, first. */
function enter(progress: SessionProgress, state: SessionState, effects: Effect[]): Step {
  const from = progress.state.name;
  const announce: Effect = {
    type: 'announce',
    event: 'session.state_changed',
    data: {
      from,
      to: state.name,
      cause: causeOf(state),
      retryAt: state.name === 'waiting' ? isoTime(state.retryAt) : null,
    },
  };
  return { progress: { ...progress, state }, effects: from === state.name ? effects : [announce, ...effects] };
}
