/**
 * What a delivery needs to know of an event beside its bytes. Read without parsing the whole, of which there is much: inside a text every
 * quote is escaped, so these patterns match names of fields only.
 */
import type { EventId } from '@zapfleet/contract';
import type { LoggedEvent } from '../ports/event-log.ts';

export function eventIdOf(json: string): EventId {
  const id = /^\{"id":"(evt_[0-9A-Z]+)"/.exec(json)?.[1];
  if (id === undefined) throw new TypeError('an envelope begins with the id of its event');
  return id as EventId;
}

/** Events with the same answer are delivered in their order: those of one chat or group, and those of a session that are about none. */
export function chatOf({ json, sessionId, tenantId }: Pick<LoggedEvent, 'json' | 'sessionId' | 'tenantId'>): string {
  const place = /"(?:chat|groupId)":"((?:[^"\\]|\\.)*)"/.exec(json)?.[1];
  return `${sessionId ?? tenantId} ${place ?? ''}`;
}
