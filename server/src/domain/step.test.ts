import { describe, expect, it } from 'vitest';
import type { Ending } from './ending.ts';
import { causeFor } from './disconnect.ts';
import type { SessionProgress, SessionState } from './session.ts';
import { type Env, type Input, type Step, step } from './step.ts';

const NOW = Date.parse('2026-01-01T12:00:00Z');
const env: Env = { now: NOW, random: 0.5, cleanupDelayMs: null };
const account = { phoneNumber: '5511987654321', jid: '5511987654321@s.whatsapp.net', lid: '1@lid', pushName: 'Ana' };

const states = {
  stopped: { name: 'stopped', since: 1, cause: null },
  connecting: { name: 'connecting', since: 1, attempt: 0, cause: null },
  linking: { name: 'linking', since: 1, attempt: 1, expiresAt: NOW + 60_000 },
  connected: { name: 'connected', since: 1, health: { status: 'ok', cause: null }, missed: 0 },
  waiting: { name: 'waiting', since: 1, cause: causeFor('connection_lost'), retryAt: NOW + 1_000, attempt: 3 },
  logged_out: { name: 'logged_out', since: 1, cause: causeFor('logged_out'), cleanupAt: null },
  failed: { name: 'failed', since: 1, cause: causeFor('replaced') },
  deleting: { name: 'deleting', since: 1, cause: null },
} as const satisfies Record<string, SessionState>;
type StateName = keyof typeof states;

function progress(state: SessionState, more: Partial<SessionProgress> = {}): SessionProgress {
  return {
    desired: state.name === 'stopped' || state.name === 'logged_out' ? 'stopped' : 'running',
    state,
    run: 7,
    generation: 2,
    linked: true,
    pairedAt: 1,
    everConnected: true,
    attempt: 0,
    unknownInARow: 0,
    archived: [],
    versionRefreshed: false,
    ...more,
  };
}

const ending = (more: Partial<Ending>): Ending => ({
  how: 'stream_error',
  code: null,
  conflict: null,
  until: null,
  raw: '',
  ...more,
});
const fromEngine = (event: Extract<Input, { type: 'engine' }>['event'], run = 7): Input => ({
  type: 'engine',
  run,
  event,
});

const inputs = {
  start: { type: 'start' },
  stop: { type: 'stop' },
  restart: { type: 'restart' },
  boot: { type: 'boot', available: true },
  boot_elsewhere: { type: 'boot', available: false },
  retry: { type: 'retry' },
  open_timeout: { type: 'open_timeout', run: 7 },
  qr: fromEngine({ type: 'qr', attempt: 2, expiresAt: NOW + 20_000 }),
  pairing_code: fromEngine({ type: 'pairing_code', expiresAt: NOW + 20_000 }),
  paired: fromEngine({ type: 'paired', account }),
  open: fromEngine({ type: 'open', account }),
  account: fromEngine({ type: 'account', account }),
  dropped: fromEngine({ type: 'closed', ending: ending({ how: 'socket' }) }),
  unanswered: { type: 'probe', run: 7, answered: false, lagMs: 0 },
  answered: { type: 'probe', run: 7, answered: true, lagMs: 0 },
  logged_out_by_user: { type: 'logged_out_by_user' },
  delete: { type: 'delete' },
  unlinked: fromEngine({ type: 'closed', ending: ending({ code: 401, conflict: 'device_removed' }) }),
} as const satisfies Record<string, Input>;
type InputName = keyof typeof inputs;

/** Next state, then the effects by name; `-` where nothing happens. Every cell of the machine stands here. */
const table: Record<InputName, Record<StateName, string>> = {
  start: {
    stopped: 'connecting: state_changed open',
    connecting: '-',
    linking: '-',
    connected: '-',
    waiting: 'connecting: state_changed open',
    logged_out: 'connecting: state_changed open',
    failed: 'connecting: state_changed open',
    deleting: '-',
  },
  stop: {
    stopped: '-',
    connecting: 'stopped: state_changed close',
    linking: 'stopped: state_changed close',
    connected: 'stopped: state_changed disconnected close',
    waiting: 'stopped: state_changed',
    logged_out: '-',
    failed: 'stopped: state_changed',
    deleting: '-',
  },
  restart: {
    stopped: 'connecting: state_changed open',
    connecting: 'connecting: close open',
    linking: 'connecting: close state_changed open',
    connected: 'connecting: disconnected close state_changed open',
    waiting: 'connecting: state_changed open',
    logged_out: 'connecting: state_changed open',
    failed: 'connecting: state_changed open',
    deleting: '-',
  },
  boot: {
    stopped: '-',
    connecting: 'connecting: open',
    linking: 'connecting: state_changed open',
    connected: 'connecting: state_changed open',
    waiting: 'connecting: state_changed open',
    logged_out: '-',
    failed: '-',
    deleting: '-',
  },
  boot_elsewhere: {
    stopped: '-',
    connecting: 'failed: state_changed failed',
    linking: 'failed: state_changed failed',
    connected: 'failed: state_changed failed',
    waiting: 'failed: state_changed failed',
    logged_out: '-',
    failed: '-',
    deleting: '-',
  },
  retry: {
    stopped: '-',
    connecting: '-',
    linking: '-',
    connected: '-',
    waiting: 'connecting: state_changed open',
    logged_out: '-',
    failed: '-',
    deleting: '-',
  },
  open_timeout: {
    stopped: '-',
    connecting: 'waiting: close state_changed retry_at',
    linking: '-',
    connected: '-',
    waiting: '-',
    logged_out: '-',
    failed: '-',
    deleting: '-',
  },
  qr: {
    stopped: '-',
    connecting: 'linking: state_changed qr',
    linking: 'linking: qr',
    connected: '-',
    waiting: '-',
    logged_out: '-',
    failed: '-',
    deleting: '-',
  },
  pairing_code: {
    stopped: '-',
    connecting: 'connecting: pairing_code',
    linking: 'linking: pairing_code',
    connected: '-',
    waiting: '-',
    logged_out: '-',
    failed: '-',
    deleting: '-',
  },
  paired: {
    stopped: '-',
    connecting: 'connecting: set_account spend_pairing_link',
    linking: 'connecting: state_changed set_account spend_pairing_link',
    connected: 'connected: set_account',
    waiting: '-',
    logged_out: '-',
    failed: '-',
    deleting: '-',
  },
  open: {
    stopped: '-',
    connecting: 'connected: state_changed set_account connected',
    linking: 'connected: state_changed set_account connected',
    connected: 'connected: set_account',
    waiting: '-',
    logged_out: '-',
    failed: '-',
    deleting: '-',
  },
  account: {
    stopped: '-',
    connecting: 'connecting: set_account',
    linking: 'linking: set_account',
    connected: 'connected: set_account',
    waiting: '-',
    logged_out: '-',
    failed: '-',
    deleting: '-',
  },
  dropped: {
    stopped: '-',
    connecting: 'waiting: state_changed retry_at',
    linking: 'waiting: state_changed retry_at',
    connected: 'waiting: state_changed disconnected retry_at',
    waiting: '-',
    logged_out: '-',
    failed: '-',
    deleting: '-',
  },
  unanswered: {
    stopped: '-',
    connecting: '-',
    linking: '-',
    connected: 'connected: health_changed',
    waiting: '-',
    logged_out: '-',
    failed: '-',
    deleting: '-',
  },
  answered: {
    stopped: '-',
    connecting: '-',
    linking: '-',
    connected: '-',
    waiting: '-',
    logged_out: '-',
    failed: '-',
    deleting: '-',
  },
  logged_out_by_user: {
    stopped: 'logged_out: state_changed set_account wipe_credentials logged_out',
    connecting: 'logged_out: state_changed set_account wipe_credentials logged_out close',
    linking: 'logged_out: state_changed set_account wipe_credentials logged_out close',
    connected: 'logged_out: state_changed disconnected set_account wipe_credentials logged_out close',
    waiting: 'logged_out: state_changed set_account wipe_credentials logged_out',
    logged_out: 'logged_out: set_account wipe_credentials logged_out',
    failed: 'logged_out: state_changed set_account wipe_credentials logged_out',
    deleting: '-',
  },
  delete: {
    stopped: 'deleting: state_changed',
    connecting: 'deleting: state_changed',
    linking: 'deleting: state_changed',
    connected: 'deleting: state_changed disconnected',
    waiting: 'deleting: state_changed',
    logged_out: 'deleting: state_changed',
    failed: 'deleting: state_changed',
    deleting: '-',
  },
  unlinked: {
    stopped: '-',
    connecting: 'logged_out: state_changed logged_out set_account wipe_credentials',
    linking: 'logged_out: state_changed logged_out set_account wipe_credentials',
    connected: 'logged_out: state_changed disconnected logged_out set_account wipe_credentials',
    waiting: '-',
    logged_out: '-',
    failed: '-',
    deleting: '-',
  },
};

function describeStep(before: SessionProgress, { progress: after, effects }: Step): string {
  if (effects.length === 0 && after.state === before.state) return '-';
  const names = effects.map((effect) =>
    effect.type === 'announce' ? effect.event.replace('session.', '') : effect.type,
  );
  return `${after.state.name}: ${names.join(' ')}`;
}

describe('the session machine', () => {
  for (const [inputName, row] of Object.entries(table) as [InputName, Record<StateName, string>][]) {
    for (const [stateName, expected] of Object.entries(row) as [StateName, string][]) {
      it(`answers ${inputName} in ${stateName} with ${expected}`, () => {
        const before = progress(states[stateName]);
        expect(describeStep(before, step(before, inputs[inputName], env))).toBe(expected);
      });
    }
  }

  it('ignores every event of a run that is not the current one', () => {
    for (const state of Object.values(states)) {
      for (const input of Object.values(inputs)) {
        if (input.type !== 'engine') continue;
        const before = progress(state);
        expect(step(before, { ...input, run: 6 }, env)).toEqual({ progress: before, effects: [] });
      }
    }
  });

  it('numbers each run', () => {
    const { progress: after, effects } = step(progress(states.stopped), { type: 'start' }, env);
    expect(after.run).toBe(8);
    expect(effects).toContainEqual({ type: 'open', run: 8, generation: 2, refreshVersion: false });
  });

  it('remembers what people want', () => {
    expect(step(progress(states.stopped), { type: 'start' }, env).progress.desired).toBe('running');
    expect(step(progress(states.connected), { type: 'stop' }, env).progress.desired).toBe('stopped');
    expect(step(progress(states.failed), { type: 'stop' }, env).progress.desired).toBe('stopped');
  });

  it('goes on by itself when the server has its network again, and not over any other failure', () => {
    const elsewhere = step(progress(states.connected), inputs.boot_elsewhere, env).progress;
    expect(elsewhere).toMatchObject({ desired: 'running', state: { cause: { code: 'unavailable' } } });
    expect(step(elsewhere, inputs.boot, env).progress.state.name).toBe('connecting');
  });

  it('does not start a session that is banned for a time before that time is over', () => {
    const cause = causeFor('banned_until', ending({ code: 402, until: NOW + 1 }));
    const banned = progress({ name: 'failed', since: 1, cause });
    expect(step(banned, { type: 'start' }, env).effects).toEqual([]);
    expect(step(banned, { type: 'start' }, { ...env, now: NOW + 1 }).progress.state.name).toBe('connecting');
  });

  it('begins a new generation over damaged credentials and leaves the old one where it is', () => {
    const damaged = progress({ name: 'failed', since: 1, cause: causeFor('credentials_corrupted') });
    const { progress: after, effects } = step(damaged, { type: 'start' }, env);
    expect(after).toMatchObject({ generation: 3, linked: false, state: { name: 'connecting' } });
    expect(effects.map(({ type }) => type)).not.toContain('wipe_credentials');
  });

  it('wipes the generation that was logged out and no other', () => {
    const { progress: after, effects } = step(progress(states.connected), inputs.unlinked, env);
    expect(effects).toContainEqual({ type: 'wipe_credentials', generation: 2 });
    expect(after).toMatchObject({ generation: 3, linked: false, desired: 'stopped' });
  });

  it('degrades at one unanswered probe, reconnects at the second, and recovers at an answer', () => {
    const once = step(progress(states.connected), inputs.unanswered, env).progress;
    expect(once.state).toMatchObject({ health: { status: 'degraded' }, missed: 1 });
    expect(step(once, inputs.answered, env).progress.state).toMatchObject({ health: { status: 'ok' }, missed: 0 });
    const { progress: after, effects } = step(once, inputs.unanswered, env);
    expect(after.state).toMatchObject({ name: 'waiting', cause: { code: 'connection_lost' } });
    expect(effects.map(({ type }) => type)).toContain('close');
  });

  it('blames its own lag and does not reconnect for it', () => {
    const late = { type: 'probe', run: 7, answered: false, lagMs: 4_000 } as const;
    let state = progress(states.connected);
    for (let times = 0; times < 5; times += 1) state = step(state, late, env).progress;
    expect(state.state).toMatchObject({ name: 'connected', health: { status: 'degraded' }, missed: 0 });
    expect(state.state).toHaveProperty('health.cause', expect.stringContaining('4000 ms'));
  });

  it('is removed after a logout by WhatsApp where the policy says so, also after a restart, and not once it was started again', () => {
    const policy: Env = { ...env, cleanupDelayMs: 3_000 };
    const out = step(progress(states.connected), inputs.unlinked, policy);
    expect(out.effects).toContainEqual({ type: 'cleanup_at', at: NOW + 3_000 });
    expect(step(out.progress, inputs.boot, policy).effects).toEqual([{ type: 'cleanup_at', at: NOW + 3_000 }]);
    expect(step(out.progress, inputs.start, policy).progress.state.name).toBe('connecting');
    for (const input of [inputs.logged_out_by_user, inputs.dropped]) {
      expect(step(progress(states.connected), input, policy).effects.map(({ type }) => type)).not.toContain(
        'cleanup_at',
      );
    }
  });

  it('of a session that was never linked is only stopped by a logout', () => {
    const { progress: after } = step(progress(states.linking, { linked: false }), inputs.logged_out_by_user, env);
    expect(after).toMatchObject({ state: { name: 'stopped' }, generation: 3, linked: false });
  });

  it('waits longer with each attempt and begins anew once it was connected', () => {
    const first = step(progress(states.connected), inputs.dropped, env).progress;
    expect(first.state).toMatchObject({ attempt: 1, retryAt: NOW + 500 });
    const again = step({ ...first, state: states.connecting }, inputs.dropped, env).progress;
    expect(again.state).toMatchObject({ attempt: 2, retryAt: NOW + 1_000 });
    const open = step({ ...again, state: states.connecting }, inputs.open, env).progress;
    expect(open.attempt).toBe(0);
  });
});
