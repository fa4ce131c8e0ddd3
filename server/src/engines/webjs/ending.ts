/** Why a run ended, from what the page and the browser showed. */
import type { Ending } from '../../domain/ending.ts';
import { CredentialsUnreadable } from '../../ports/credentials.ts';
import { UntrustedServer } from './trust.ts';

/** So it is said of a browser that found no screen for its window. */
const NO_DISPLAY = 'Missing X server';

export function ended(how: Ending['how'], raw: string, code: number | null = null): Ending {
  return { how, code, conflict: null, until: null, raw };
}

export function endingOfError(error: unknown): Ending {
  const raw = wordsOf(error);
  if (error instanceof CredentialsUnreadable) return ended('credentials_unreadable', raw);
  if (error instanceof UntrustedServer) return ended('untrusted_server', raw);
  return ended(raw.includes(NO_DISPLAY) ? 'display_missing' : 'socket', raw);
}

/** The library rejects with texts as well. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  const words = error.message === '' ? error.name : error.message;
  return code === null || words.includes(code) ? words : `${words} ${code}`;
}

/** WhatsApp took the device away: while it was online, or before it could come online. */
export function endingOfLogout(wasOnline: boolean): Ending {
  const raw = 'the page was logged out';
  return wasOnline
    ? { ...ended('stream_error', raw, 401), conflict: 'device_removed' }
    : ended('login_refused', raw, 401);
}

/** States of the page that end a run at once; null: it goes on by itself, or waits. */
export function endingOfState(state: string): Ending | null {
  switch (state) {
    case 'CONFLICT':
    case 'DEPRECATED_CONFLICT':
      return { ...ended('stream_error', `the page says ${state}`, 440), conflict: 'replaced' };
    case 'TOS_BLOCK':
    case 'SMB_TOS_BLOCK':
      return ended('login_refused', `the page says ${state}`, 403);
    case 'DEPRECATED_VERSION':
      return ended('login_refused', `the page says ${state}`, 405);
    default:
      return null;
  }
}
