/** Why a connection ended, from what was seen on the wire first, and from the library's error where the wire said nothing. */
import type { BinaryNode } from 'baileys';
import type { Ending } from '../../domain/ending.ts';
import { CredentialsUnreadable } from '../../ports/credentials.ts';

const TEMPORARY_BAN = 402;
/** Told by a stanza of its own (`downgrade_webclient`), which reaches us as the library's error only. */
const MULTIDEVICE_MISMATCH = 411;

/** The words of the library's errors (7.0.0-rc14) for a server that could not prove who it is. */
const untrusted = /^(?:invalid noise|noise (?:intermediate )?certificate|certification match failed)/;
/** … and for a pairing answer that the account's key did not sign. */
const unsigned = /account signature/i;
const qrOver = /^QR refs attempts ended/;

/** What a stanza says about the end of the connection; null when it says nothing about it. */
export function endingOfStanza({ tag, attrs, content }: BinaryNode, now: number): Ending | null {
  if (tag === 'failure') {
    const code = Number(attrs.reason ?? Number.NaN);
    const until = code === TEMPORARY_BAN && attrs.expire ? now + Number(attrs.expire) * 1000 : null;
    return {
      how: 'login_refused',
      code: Number.isInteger(code) ? code : null,
      conflict: null,
      until,
      raw: JSON.stringify(attrs),
    };
  }
  if (tag !== 'stream:error') return null;
  const reasons = Array.isArray(content) ? content : [];
  const conflict = reasons.find((reason) => reason.tag === 'conflict');
  const code = Number(attrs.code ?? Number.NaN);
  return {
    how: 'stream_error',
    code: Number.isInteger(code) ? code : null,
    conflict: conflict ? (conflict.attrs.type ?? 'replaced') : null,
    until: null,
    raw: ['stream error', ...reasons.map((reason) => reason.tag)].join(' '),
  };
}

export function endingOfError(error: unknown): Ending {
  const raw = wordsOf(error);
  if (untrusted.test(raw)) return ended('untrusted_server', raw);
  if (unsigned.test(raw)) return ended('invalid_identity', raw);
  if (qrOver.test(raw)) return ended('qr_exhausted', raw);
  const code = statusOf(error);
  return { ...ended(code === MULTIDEVICE_MISMATCH ? 'login_refused' : 'socket', raw), code };
}

/** Credentials are damaged only where what was read of them is: a store that does not answer now says nothing about them. */
export function endingOfFailedRead(error: unknown): Ending {
  return error instanceof CredentialsUnreadable ? ended('credentials_unreadable', error.message) : endingOfError(error);
}

export function ended(how: Ending['how'], raw: string): Ending {
  return { how, code: null, conflict: null, until: null, raw };
}

/** The message, with the cause of a connection that could not be made (an AggregateError has none of its own). */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : '';
  const inner: unknown = 'data' in error ? error.data : error.cause;
  const code = codeOf(inner);
  return code === null || error.message.includes(code) ? error.message : `${error.message} ${code}`;
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** Errors of the library carry a status as `output.statusCode`. */
function statusOf(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('output' in error)) return null;
  const { output } = error;
  if (typeof output !== 'object' || output === null || !('statusCode' in output)) return null;
  return typeof output.statusCode === 'number' ? output.statusCode : null;
}
