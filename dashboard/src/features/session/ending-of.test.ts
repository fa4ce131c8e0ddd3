import type { Session } from '@zapfleet/sdk';
import { describe, expect, it } from 'vitest';
import { endingOf } from './ending-of.ts';

const cause = (code: NonNullable<Session['cause']>['code']): Session['cause'] => ({
  code,
  message: '',
  raw: null,
  until: null,
});

describe('how a linking ended', () => {
  it.each([
    ['connected', true, null, true, 'linked'],
    ['connected', true, null, false, null],
    ['stopped', false, 'link_expired', false, 'expired'],
    ['stopped', false, 'stopped_by_user', true, 'stopped'],
    ['stopped', false, 'stopped_by_user', false, null],
    ['failed', false, 'pairing_rejected', false, 'refused'],
    ['failed', false, 'unavailable', true, 'missing'],
    ['failed', true, 'banned', true, null],
    ['waiting', false, 'connection_lost', true, 'interrupted'],
    ['waiting', true, 'connection_lost', true, null],
    ['connecting', false, null, true, null],
  ] as const)('is told of a session that is %s (linked: %s, cause: %s, a code was shown: %s) as %s', (...row) => {
    const [state, linked, code, wasLinking, ending] = row;
    const session = { state, linked, cause: code === null ? null : cause(code) } as Session;
    expect(endingOf(session, wasLinking)).toBe(ending);
  });
});
