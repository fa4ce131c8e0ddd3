/** Reads whom a message is for. */
import { identityOf, parsePhoneNumber, type KnownIdentity } from '../domain/identity.ts';

export type Recipient = { ok: true; identity: KnownIdentity } | { ok: false; reason: string };

/** A phone number in any usual writing, or a person's JID or LID. */
export function parseRecipient(written: string): Recipient {
  const text = written.trim();
  if (!text.includes('@')) {
    const phoneNumber = parsePhoneNumber(text);
    return phoneNumber
      ? { ok: true, identity: { phoneNumber, lid: null } }
      : { ok: false, reason: 'is neither a phone number (digits with country code) nor a JID or LID' };
  }
  const identity = identityOf(text);
  if (identity.phoneNumber || identity.lid) return { ok: true, identity };
  return {
    ok: false,
    reason: /@(g\.us|newsletter|broadcast)$/.test(text)
      ? 'is a group, channel or broadcast list, to which this version cannot send yet'
      : 'is not a JID of a person: <digits>@s.whatsapp.net or <digits>@lid',
  };
}
