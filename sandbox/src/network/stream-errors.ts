import { el, type Stanza } from '../wire/stanza.ts';

/** The ends of a stream, as the network spells them. */
export const DEVICE_REMOVED = conflict('device_removed', 401);
export const REPLACED = conflict('replaced');
export const RESTART_REQUIRED = streamError(515);

export function conflict(type: string, code?: number): Stanza {
  return el('stream:error', { code }, [el('conflict', { type })]);
}

export function streamError(code: number): Stanza {
  return el('stream:error', { code });
}

/** A login that is refused. `expire` and `code` say how long a ban lasts. */
export function loginFailure(reason: number, attributes: Record<string, string | number> = {}): Stanza {
  return el('failure', { reason, location: 'sandbox', ...attributes });
}
