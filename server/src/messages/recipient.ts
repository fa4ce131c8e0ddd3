/** Reads whom a message is for. */
import { identityOf, type KnownIdentity, parsePhoneNumber } from '../domain/identity.ts';

export type Recipient =
  | { kind: 'person'; identity: KnownIdentity }
  | { kind: 'group'; jid: string }
  | { kind: 'unknown'; reason: string };

/** A phone number in any usual writing, a person's JID or LID, or the id of a group. */
export function parseRecipient(written: string): Recipient {
  const text = written.trim();
  if (!text.includes('@')) {
    const phoneNumber = parsePhoneNumber(text);
    return phoneNumber
      ? { kind: 'person', identity: { phoneNumber, lid: null } }
      : { kind: 'unknown', reason: 'is neither a phone number (digits with country code) nor a JID or LID' };
  }
  const identity = identityOf(text);
  if (identity.phoneNumber || identity.lid) return { kind: 'person', identity };
  if (/^[\d-]+@g\.us$/.test(text)) return { kind: 'group', jid: text };
  return {
    kind: 'unknown',
    reason: /@(newsletter|broadcast)$/.test(text)
      ? 'is a channel or a broadcast list, to which nothing can be sent'
      : 'is neither a JID of a person (<digits>@s.whatsapp.net or <digits>@lid) nor the id of a group (<digits>@g.us)',
  };
}
