import { describe, expect, it } from 'vitest';
import type { Ending } from './ending.ts';
import { causeFor } from './disconnect.ts';
import type { SessionProgress, SessionState } from './session.ts';
import { type Env, type Input, type Step, step } from './step.ts';

const NOW = Date.parse('2026-01-01T12:00:00Z');
const env: Env = { now: NOW, random: 0.5 };
const account = { phoneNumber: '5511987654321', jid: '5511987654321@s.whatsapp.net', lid: '1@lid', pushName: 'Ana' };

const states = {
  stopped: { name: 'stopped', since: 1, cause: null },
  connecting: { name: 'connecting', since: 1, attempt: 0, cause: null },
  linking: { name: 'linking', since: 1, attempt: 1, expiresAt: NOW + 60_000 },
  connected: { name: 'connected', since: 1, health: { status: 'ok', cause: null } },
  waiting: { name: 'waiting', since: 1, cause: causeFor('connection_lost'), retryAt: NOW + 1_000, attempt: 3 },
  logged_out: { name: 'logged_out', since: 1, cause: causeFor('logged_out') },
  failed: { name: 'failed', since: 1, cause: causeFor('replaced') },
  deleting: { name: 'deleting', since: 1 },
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
  boot: { type: 'boot' },
  retry: { type: 'retry' },
  open_timeout: { type: 'open_timeout', run: 7 },
  qr: fromEngine({ type: 'qr', attempt: 2, expiresAt: NOW + 20_000 }),
  pairing_code: fromEngine({ type: 'pairing_code', expiresAt: NOW + 20_000 }),
  paired: fromEngine({ type: 'paired', account }),
  open: fromEngine({ type: 'open', account }),
  account: fromEngine({ type: 'account', account }),
  dropped: fromEngine({ type: 'closed', ending: ending({ how: 'socket' }) }),
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
    connecting: 'connecting: set_account',
    linking: 'connecting: state_changed set_account',
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

  it('waits longer with each attempt and begins anew once it was connected', () => {
    const first = step(progress(states.connected), inputs.dropped, env).progress;
    expect(first.state).toMatchObject({ attempt: 1, retryAt: NOW + 500 });
    const again = step({ ...first, state: states.connecting }, inputs.dropped, env).progress;
    expect(again.state).toMatchObject({ attempt: 2, retryAt: NOW + 1_000 });
    const open = step({ ...again, state: states.connecting }, inputs.open, env).progress;
    expect(open.attempt).toBe(0);
  });
});
