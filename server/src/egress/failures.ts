/** What the HTTP library and the system say when a call fails, in our words. */
import { errors } from 'undici';
import { EgressFailure, type EgressFailureCode } from '../domain/egress-failure.ts';

const byCode: Readonly<Record<string, [EgressFailureCode, string]>> = {
  ECONNREFUSED: ['connection_refused', 'The host refused the connection'],
  ECONNRESET: ['connection_reset', 'The connection was reset'],
  EPIPE: ['connection_closed', 'The connection was closed'],
  EHOSTUNREACH: ['host_unreachable', 'The host cannot be reached'],
  ENETUNREACH: ['host_unreachable', 'The network of the host cannot be reached'],
  UND_ERR_SOCKET: ['connection_closed', 'The connection was closed before the answer'],
  ETIMEDOUT: ['timeout', 'The host did not answer in time'],
  UND_ERR_CONNECT_TIMEOUT: ['connect_timeout', 'The host took no connection in time'],
  UND_ERR_HEADERS_TIMEOUT: ['timeout', 'No answer came in time'],
  UND_ERR_BODY_TIMEOUT: ['timeout', 'The answer stopped in the middle'],
  UND_ERR_HEADERS_OVERFLOW: ['answer_invalid', 'The headers of the answer are too long'],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ['answer_invalid', 'The answer is shorter than it said'],
  EPROTO: ['tls_failed', 'No secure connection could be made'],
  CERT_HAS_EXPIRED: ['certificate_expired', 'The certificate of the host has expired'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['certificate_mismatch', 'The certificate is of another host'],
  HOSTNAME_MISMATCH: ['certificate_mismatch', 'The certificate is of another host'],
};

const certificateCodes = /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|INVALID_CA)/;
const tlsCodes = /^(ERR_TLS|ERR_SSL|ERR_OSSL)/;

export function egressFailure(error: unknown): EgressFailure {
  if (error instanceof EgressFailure) return error;
  const code = codeOf(error);
  const known = byCode[code] ?? guess(error, code);
  return new EgressFailure(known[0], `${known[1]}${code === '' ? '' : ` (${code})`}.`, { cause: error });
}

function guess(error: unknown, code: string): [EgressFailureCode, string] {
  if (certificateCodes.test(code)) return ['certificate_untrusted', 'The certificate of the host is not trusted'];
  if (tlsCodes.test(code)) return ['tls_failed', 'No secure connection could be made'];
  if (error instanceof errors.HTTPParserError) return ['answer_invalid', 'What came is no HTTP answer'];
  return ['connection_failed', 'The call failed'];
}

/** Where several addresses were tried, that of the last one. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error instanceof AggregateError ? codeOf(error.errors.at(-1)) : '';
}
