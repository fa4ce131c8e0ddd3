/**
 * What an event counts as. Its JSON is not parsed, of which there is much: inside a text every quote is escaped, so these can only be fields and
 * their values.
 */
import type { FigureName } from '../domain/figures.ts';
import type { LoggedEvent } from '../ports/event-log.ts';

/** null: nothing. */
export function figureOf({ type, json }: Pick<LoggedEvent, 'type' | 'json'>): FigureName | null {
  switch (type) {
    case 'message.received':
      return 'messagesIn';
    case 'message.sent':
      return 'messagesOut';
    case 'message.status':
      return json.includes('"status":"failed"') || json.includes('"status":"expired"') ? 'messagesFailed' : null;
    case 'session.connected':
      return json.includes('"first":true') ? 'pairingsDone' : null;
    case 'session.state_changed':
      return isPairingLost(json) ? 'pairingsFailed' : null;
    default:
      return null;
  }
}

/**
 * A session that showed a code and was not scanned, or that WhatsApp refused after the scan. Who stops or deletes it meanwhile changed his mind:
 * no cause is named then.
 */
function isPairingLost(json: string): boolean {
  if (json.includes('"from":"linking"')) return !json.includes('"to":"connecting"') && !json.includes('"cause":null');
  return json.includes('"to":"failed"') && json.includes('"code":"pairing_rejected"');
}
