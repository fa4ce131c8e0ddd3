import type { Session } from '@zapfleet/sdk';

const onPhone: readonly (string | undefined)[] = ['banned', 'banned_until', 'multidevice_mismatch'];

/** What is wrong must be looked for on the phone: before that a new attempt helps nothing. */
export const endsOnPhone = ({ state, cause }: Session): boolean => state === 'failed' && onPhone.includes(cause?.code);

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
