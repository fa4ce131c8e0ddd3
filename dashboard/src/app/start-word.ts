import type { Session } from '@zapfleet/sdk';

/** What `start` is called in a state; null where it does nothing. */
export function startWord({
  state,
  cause,
  linked,
}: Session): 'start' | 'showCode' | 'reconnect' | 'linkAgain' | 'takeOver' | null {
  switch (state) {
    case 'stopped':
      return linked ? 'start' : 'showCode';
    case 'waiting':
      return 'reconnect';
    case 'logged_out':
      return 'linkAgain';
    case 'failed':
      if (cause?.code === 'replaced') return 'takeOver';
      return cause?.code === 'credentials_corrupted' || cause?.code === 'pairing_rejected' ? 'linkAgain' : 'reconnect';
    default:
      return null;
  }
}
