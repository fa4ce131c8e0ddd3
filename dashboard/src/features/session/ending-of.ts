import type { Session } from '@zapfleet/sdk';

export type LinkEndingKind = 'linked' | 'expired' | 'refused' | 'missing' | 'stopped' | 'interrupted';

/** How a linking ended. `wasLinking`: a code was shown here a moment ago. null: nothing of a linking has ended. */
export function endingOf({ state, linked, cause }: Session, wasLinking: boolean): LinkEndingKind | null {
  if (state === 'connected') return wasLinking ? 'linked' : null;
  if (linked) return null;
  if (state === 'failed') return cause?.code === 'unavailable' ? 'missing' : 'refused';
  if (state === 'stopped') return cause?.code === 'link_expired' ? 'expired' : wasLinking ? 'stopped' : null;
  return state === 'waiting' && wasLinking ? 'interrupted' : null;
}
