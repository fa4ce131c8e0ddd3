/** How a run ended, from what the server said or did not say. */
import type { Ending } from '../../domain/ending.ts';
import { CredentialsUnreadable } from '../../ports/credentials.ts';
import { RemoteFailure, type RemoteFault } from './client.ts';

const faults: Record<RemoteFault, Ending['how']> = {
  not_reached: 'remote_unreachable',
  unreachable: 'remote_unreachable',
  slow: 'remote_unreachable',
  not_json: 'remote_answer_invalid',
  license_required: 'remote_license_required',
  key_refused: 'remote_key_refused',
  unknown_instance: 'remote_instance_lost',
  name_in_use: 'remote_refused',
  refused: 'remote_refused',
  not_on_whatsapp: 'remote_refused',
  not_connected: 'socket',
};

export function ended(
  how: Ending['how'],
  raw: string,
  code: number | null = null,
  conflict: string | null = null,
): Ending {
  return { how, code, conflict, until: null, raw };
}

export function endingOf(error: unknown): Ending {
  if (error instanceof RemoteFailure) return ended(faults[error.fault], error.message);
  if (error instanceof CredentialsUnreadable) return ended('credentials_unreadable', error.message);
  return ended('socket', error instanceof Error ? error.message : String(error));
}

/** Whether nothing gets better by asking again: an operator must act, or the instance is gone. */
export function isFinal(error: unknown): boolean {
  return (
    error instanceof RemoteFailure && ['license_required', 'key_refused', 'unknown_instance'].includes(error.fault)
  );
}

/** Codes of WhatsApp after which the server does not connect again by itself. */
const FINAL_CODES: readonly number[] = [401, 402, 403, 405, 406, 411, 440];

/** null: the server connects again by itself. */
export function endingByCode(code: number): Ending | null {
  if (!FINAL_CODES.includes(code)) return null;
  return ended('stream_error', 'as the Evolution server tells it', code, code === 401 ? 'device_removed' : null);
}
