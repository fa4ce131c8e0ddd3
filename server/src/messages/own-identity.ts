import type { KnownIdentity, Lid, PhoneNumber } from '../domain/identity.ts';
import type { SessionRecord } from '../domain/session.ts';

/** Who a session is on WhatsApp; nobody before it was linked. */
export function ownIdentity({ account }: Pick<SessionRecord, 'account'>): KnownIdentity {
  return {
    phoneNumber: (account?.phoneNumber ?? null) as PhoneNumber | null,
    lid: (account?.lid ?? null) as Lid | null,
  };
}
