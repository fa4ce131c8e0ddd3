import { describe, expect, it } from 'vitest';
import { causeFor, judge, retryDelay } from './disconnect.ts';
import type { Ending } from './ending.ts';
import type { SessionProgress } from './session.ts';

const NOW = Date.parse('2026-01-01T12:00:00Z');

const pairing: SessionProgress = {
  desired: 'running',
  state: { name: 'linking', since: NOW, attempt: 1, expiresAt: NOW },
  run: 1,
  generation: 1,
  linked: false,
  pairedAt: null,
  everConnected: false,
  attempt: 0,
  unknownInARow: 0,
  archived: [],
  versionRefreshed: false,
};
const fresh: SessionProgress = { ...pairing, linked: true, pairedAt: NOW - 60_000 };
const paired: SessionProgress = { ...fresh, pairedAt: NOW - 600_000, everConnected: true };

const ending = (code: number | null, more: Partial<Ending> = {}): Ending => ({
  how: 'stream_error',
  code,
  conflict: null,
  until: null,
  raw: '',
  ...more,
});
const remote = (what: string): Ending => ending(null, { how: `remote_${what}` as Ending['how'] });

/** what came · phase · cause → next, credentials */
const rows: [string, Ending, SessionProgress, string][] = [
  ['515', ending(515), fresh, 'restart_required → reconnect_now, keep'],
  ['401 device_removed', ending(401, { conflict: 'device_removed' }), paired, 'logged_out → logged_out, wipe'],
  [
    '401 device_removed just after pairing',
    ending(401, { conflict: 'device_removed' }),
    fresh,
    'logged_out → logged_out, wipe',
  ],
  ['login refused with 401', ending(401, { how: 'login_refused' }), paired, 'logged_out → logged_out, wipe'],
  ['401 without conflict just after pairing', ending(401), fresh, 'pairing_rejected → failed, wipe'],
  ['401 while pairing', ending(401), pairing, 'pairing_rejected → failed, wipe'],
  ['401 without conflict of an old link', ending(401), paired, 'unknown → wait, keep'],
  ['passkey', ending(null, { how: 'passkey_required' }), pairing, 'passkey_required → failed, keep'],
  ['402', ending(402, { until: NOW + 1 }), paired, 'banned_until → failed, keep'],
  ['403', ending(403), paired, 'banned → failed, keep'],
  ['406', ending(406), paired, 'banned → failed, keep'],
  ['405', ending(405), paired, 'client_outdated → reconnect_now, keep'],
  ['405 again', ending(405), { ...paired, versionRefreshed: true }, 'client_outdated → failed, keep'],
  ['411', ending(411), paired, 'multidevice_mismatch → failed, keep'],
  ['440', ending(440), paired, 'replaced → failed, keep'],
  ['conflict replaced with another code', ending(409, { conflict: 'replaced' }), paired, 'replaced → failed, keep'],
  ['QR codes used up', ending(408, { how: 'qr_exhausted' }), pairing, 'link_expired → stopped, keep'],
  ['408', ending(408), paired, 'connection_lost → wait, keep'],
  ['428', ending(428), paired, 'connection_lost → wait, keep'],
  ['503', ending(503), paired, 'connection_lost → wait, keep'],
  ['503 while pairing', ending(503), pairing, 'connection_lost → wait, keep'],
  ['network', ending(null, { how: 'socket' }), paired, 'connection_lost → wait, keep'],
  ['500', ending(500), paired, 'unknown → wait, keep'],
  ['a code never seen', ending(999), paired, 'unknown → wait, keep'],
  ['no code', ending(null), paired, 'unknown → wait, keep'],
  ['500 for the fifth time', ending(500), { ...paired, unknownInARow: 4 }, 'unknown → failed, keep'],
  [
    'damaged credentials',
    ending(null, { how: 'credentials_unreadable' }),
    paired,
    'credentials_corrupted → failed, keep',
  ],
  [
    'a certificate of another root',
    ending(null, { how: 'untrusted_server' }),
    paired,
    'untrusted_server → failed, keep',
  ],
  ['no display for a window', ending(null, { how: 'display_missing' }), paired, 'display_missing → failed, keep'],
  ['no word of the remote server', remote('unreachable'), paired, 'remote_unreachable → wait, keep'],
  ['nonsense of the remote server', remote('answer_invalid'), paired, 'remote_answer_invalid → wait, keep'],
  ['a refusal of the remote server', remote('refused'), paired, 'remote_refused → wait, keep'],
  ['a licence that is missing', remote('license_required'), paired, 'remote_license_required → failed, keep'],
  ['a key that is not taken', remote('key_refused'), paired, 'remote_key_refused → failed, keep'],
  ['an instance that is gone', remote('instance_lost'), paired, 'remote_instance_lost → failed, wipe'],
  ['a forged account signature', ending(null, { how: 'invalid_identity' }), pairing, 'pairing_rejected → failed, wipe'],
];

describe('the disconnect table', () => {
  for (const [what, end, progress, expected] of rows) {
    it(`${what}: ${expected}`, () => {
      const { cause, next, credentials } = judge(end, progress, NOW);
      expect(`${cause} → ${next}, ${credentials}`).toBe(expected);
    });
  }

  it('keeps the raw value of an unknown code', () => {
    expect(causeFor('unknown', ending(999, { raw: 'mystery' })).raw).toBe('999 mystery');
  });

  it('tells the end of a temporary ban', () => {
    expect(causeFor('banned_until', ending(402, { until: NOW })).until).toBe('2026-01-01T12:00:00.000Z');
  });
});

describe('the backoff', () => {
  it('doubles from one second to five minutes, anywhere below', () => {
    const most = [1, 2, 3, 9, 10, 1_000].map((attempt) => retryDelay(attempt, 0.999_999));
    expect(most).toEqual([1_000, 2_000, 4_000, 256_000, 300_000, 300_000]);
    expect(retryDelay(5, 0.5)).toBe(8_000);
  });

  it('never spins', () => {
    expect(retryDelay(1, 0)).toBeGreaterThan(0);
  });
});
