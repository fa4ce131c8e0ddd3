import { describe, expect, it } from 'vitest';
import { EgressFailure } from '../domain/egress-failure.ts';
import { egressFailure } from './failures.ts';

const failing = (code: string): Error => Object.assign(new Error('in the words of the library'), { code });

describe('what a call failed by', () => {
  it.each([
    ['EHOSTUNREACH', 'host_unreachable', 'The host cannot be reached (EHOSTUNREACH).'],
    ['UND_ERR_CONNECT_TIMEOUT', 'connect_timeout', 'The host took no connection in time (UND_ERR_CONNECT_TIMEOUT).'],
    ['CERT_HAS_EXPIRED', 'certificate_expired', 'The certificate of the host has expired (CERT_HAS_EXPIRED).'],
    ['CERT_REVOKED', 'certificate_untrusted', 'The certificate of the host is not trusted (CERT_REVOKED).'],
    [
      'ERR_SSL_WRONG_VERSION_NUMBER',
      'tls_failed',
      'No secure connection could be made (ERR_SSL_WRONG_VERSION_NUMBER).',
    ],
    ['EMFILE', 'connection_failed', 'The call failed (EMFILE).'],
  ])('is said for %s', (code, known, message) => {
    expect(egressFailure(failing(code))).toMatchObject({ code: known, message });
  });

  it('is that of the last address, where several were tried', () => {
    const all = new AggregateError([failing('ENETUNREACH'), failing('ECONNREFUSED')]);
    expect(egressFailure(all).code).toBe('connection_refused');
  });

  it('stays as it was said before', () => {
    const failure = new EgressFailure('name_not_found', 'There is no host of this name.');
    expect(egressFailure(failure)).toBe(failure);
  });
});
