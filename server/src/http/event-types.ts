/** Reads the filter `types`: types and groups of events, separated by commas. */
import { type EventType, eventTypes } from '@zapfleet/contract';
import { invalid } from './route.ts';

/** `message.*,session.connected` as a set; null, all types, when there is no filter. Throws `validation_failed`. */
export function parseEventTypes(text: string | undefined): ReadonlySet<EventType> | null {
  if (text === undefined) return null;
  const wanted = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (wanted.length === 0) return null;
  return new Set(wanted.flatMap(typesMeant));
}

function typesMeant(pattern: string): readonly EventType[] {
  if (pattern === '*') return eventTypes;
  const found = eventTypes.filter((type) =>
    pattern.endsWith('.*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern,
  );
  if (found.length > 0) return found;
  throw invalid([{ field: 'types', message: `knows no event or group ${JSON.stringify(pattern)}` }]);
}
