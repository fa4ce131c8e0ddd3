import type { SessionStateName } from '@zapfleet/contract';
import type { SessionRecord } from '../../domain/session.ts';

const words = {
  stopped: 'DISCONNECTED',
  connecting: 'CONNECTING',
  linking: 'CONNECTING',
  connected: 'CONNECTED',
  waiting: 'CONNECTING',
  logged_out: 'DISCONNECTED',
  failed: 'DISCONNECTED',
  deleting: 'DISCONNECTED',
} as const satisfies Record<SessionStateName, string>;

/** A session in the three words that clients of the compatible routes know. */
export function shortSession({ id, name, state }: SessionRecord) {
  return { id, sessionId: name, status: words[state.name] };
}
