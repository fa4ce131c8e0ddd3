/** Types of events that come with every message, or as often: among them the others are found by indexes of their own. */
import type { EventType } from '@zapfleet/contract';

export const frequentTypes: readonly EventType[] = [
  'message.received',
  'message.sent',
  'message.status',
  'message.media',
  'presence.updated',
];

const frequent = new Set(frequentTypes);

/** Whether only types are wanted of which there are few. null: all are wanted. */
export function areSeldom(types: ReadonlySet<EventType> | null): boolean {
  return types !== null && types.isDisjointFrom(frequent);
}
