/**
 * What the end of an engine run means: cause, what follows, what becomes of the credentials. Decided on code, phase and conflict type.
 * The table in docs/architecture.md shows the same rows.
 */
import type { Cause, CauseCode } from '@zapfleet/contract';
import type { Ending } from './ending.ts';
import type { SessionProgress } from './session.ts';

export type Verdict = {
  cause: CauseCode;
  next: 'reconnect_now' | 'wait' | 'failed' | 'logged_out' | 'stopped';
  credentials: 'keep' | 'wipe';
  /** Look the protocol version up again before the next attempt. */
  refreshVersion?: true;
};

/** A refused login this soon after pairing means that the phone took the link back, not that an old link ended. */
const PAIRING_SETTLES_MS = 2 * 60_000;
const UNKNOWN_ENDINGS_TOLERATED = 5;

const keepWaiting: Verdict = { cause: 'connection_lost', next: 'wait', credentials: 'keep' };
const failed = (cause: CauseCode, credentials: 'keep' | 'wipe' = 'keep'): Verdict => ({
  cause,
  next: 'failed',
  credentials,
});

export function judge(ending: Ending, progress: SessionProgress, now: number): Verdict {
  switch (ending.how) {
    case 'qr_exhausted':
      return { cause: 'link_expired', next: 'stopped', credentials: 'keep' };
    case 'passkey_required':
      return failed('passkey_required');
    case 'untrusted_server':
      return failed('untrusted_server');
    case 'display_missing':
      return failed('display_missing');
    case 'credentials_unreadable':
      return failed('credentials_corrupted');
    case 'invalid_identity':
      return failed('pairing_rejected', 'wipe');
    case 'socket':
    case 'closed':
      return keepWaiting;
    case 'remote_unreachable':
    case 'remote_answer_invalid':
    case 'remote_refused':
      return { cause: ending.how, next: 'wait', credentials: 'keep' };
    case 'remote_license_required':
    case 'remote_key_refused':
      return failed(ending.how);
    case 'remote_instance_lost':
      // The link went with it: there is nothing to come back to.
      return failed('remote_instance_lost', 'wipe');
    case 'login_refused':
    case 'stream_error':
      return judgeCode(ending, progress, now);
  }
}

function judgeCode(ending: Ending, progress: SessionProgress, now: number): Verdict {
  if (ending.conflict === 'replaced' || ending.code === 440) return failed('replaced');
  switch (ending.code) {
    case 515:
      return { cause: 'restart_required', next: 'reconnect_now', credentials: 'keep' };
    case 401:
      return judgeUnauthorized(ending, progress, now);
    case 402:
      return failed('banned_until');
    case 403:
    case 406:
      return failed('banned');
    case 405:
      return progress.versionRefreshed
        ? failed('client_outdated')
        : { cause: 'client_outdated', next: 'reconnect_now', credentials: 'keep', refreshVersion: true };
    case 411:
      return failed('multidevice_mismatch');
    case 408:
    case 428:
    case 503:
      return keepWaiting;
    default:
      return progress.unknownInARow + 1 >= UNKNOWN_ENDINGS_TOLERATED
        ? failed('unknown')
        : { cause: 'unknown', next: 'wait', credentials: 'keep' };
  }
}

function judgeUnauthorized(ending: Ending, progress: SessionProgress, now: number): Verdict {
  if (progress.linked && (ending.conflict === 'device_removed' || ending.how === 'login_refused')) {
    return { cause: 'logged_out', next: 'logged_out', credentials: 'wipe' };
  }
  const fresh =
    !progress.linked ||
    (!progress.everConnected && progress.pairedAt !== null && now - progress.pairedAt <= PAIRING_SETTLES_MS);
  if (fresh) return failed('pairing_rejected', 'wipe');
  // Without the conflict a 401 may be a passing fault: if the link is really gone, the next login is refused and says so.
  return progress.unknownInARow + 1 >= UNKNOWN_ENDINGS_TOLERATED
    ? failed('unknown')
    : { cause: 'unknown', next: 'wait', credentials: 'keep' };
}

const explanations: Record<CauseCode, string> = {
  restart_required: 'WhatsApp asked for a new connection, as it always does after pairing.',
  logged_out: 'The phone or WhatsApp unlinked this device. Link it again with a new QR code.',
  logged_out_by_user: 'This device was unlinked on request. Link it again with a new QR code.',
  pairing_rejected: 'WhatsApp refused the pairing. Check the phone, wait a few minutes, then try again.',
  passkey_required: 'This account asks for a passkey while linking, which this engine cannot answer.',
  banned_until: 'WhatsApp banned this account for a time. No attempt is made before it ends.',
  banned:
    'WhatsApp locked or banned this account. Look at the WhatsApp app on the phone; reconnect when it works there.',
  client_outdated: 'WhatsApp no longer accepts this protocol version. Update Zapfleet, or set WHATSAPP_VERSION.',
  multidevice_mismatch:
    'WhatsApp says that this account and this device disagree about multi-device. Update WhatsApp on the phone.',
  replaced: 'Another connection with the same credentials took over. Starting this session takes it back.',
  link_expired: 'No phone scanned the QR codes in time. Show new ones to go on.',
  connection_lost: 'The connection to WhatsApp was lost or could not be made. It is tried again by itself.',
  unknown: 'WhatsApp ended the connection for a reason that is not known.',
  credentials_corrupted:
    'The stored credentials of this session are damaged. They are kept aside; start the session to link it again.',
  untrusted_server:
    'The server that answered could not prove that it is the network of this session. Check the address, the proxy and SANDBOX_ROOT_KEY.',
  display_missing:
    'The browser of this session was to have a window, and there is no display for it. Set HEADLESS=true (or "headless": true for this session), or start Zapfleet where DISPLAY names one: under xvfb-run, for example. Then start the session.',
  remote_unreachable: 'The Evolution server does not answer, or not in time. It is tried again by itself.',
  remote_answer_invalid:
    'What answers at the address of the Evolution server makes no sense. Check the address and what stands before it; it is tried again by itself.',
  remote_license_required:
    'The Evolution server answers LICENSE_REQUIRED: it does nothing until its licence is activated in its manager. Then start the session.',
  remote_key_refused:
    'The Evolution server does not take the API key. Check EVOLUTION_URL and EVOLUTION_API_KEY, or those of the session; then start it.',
  remote_refused: 'The Evolution server refused what it was asked for. It is tried again by itself.',
  remote_instance_lost:
    'The Evolution server has lost the instance of this session, and the link with it. Link it again with a new QR code.',
  open_timeout: 'The connection was not ready within 60 seconds. It is tried again by itself.',
  unavailable:
    'This server has no such engine or network now. The session goes on by itself when the server is started with it again.',
  stopped_by_user: 'The session was stopped.',
  restarted_by_user: 'The session was restarted.',
};

export function causeFor(code: CauseCode, ending?: Ending): Cause {
  return {
    code,
    message: explanations[code],
    raw: ending ? rawOf(ending) : null,
    until: ending?.until ? new Date(ending.until).toISOString() : null,
  };
}

function rawOf(ending: Ending): string {
  const parts = [ending.code, ending.conflict, ending.raw].filter((part) => part !== null && part !== '');
  return parts.join(' ');
}

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 5 * 60_000;
/** So that the luck of the draw never makes a loop that spins. */
const LEAST_RETRY_MS = 200;

/** Backoff with full jitter: anywhere between nothing and 1 s, 2 s, 4 s … 5 min. `attempt` counts from 1; `random` is in [0, 1). */
export function retryDelay(attempt: number, random: number): number {
  const most = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 20));
  return Math.max(LEAST_RETRY_MS, Math.round(most * random));
}
