/** What a session knows of somebody. A number that exists under two writings is known under the one that WhatsApp has. */
import type { SessionId } from '@zapfleet/contract';
import type { KnownIdentity } from '../domain/identity.ts';
import { numberVariants } from '../domain/number-variants.ts';
import type { Store } from '../ports/store.ts';

export async function knownIdentity(
  store: Pick<Store, 'contacts'>,
  id: SessionId,
  asked: KnownIdentity,
): Promise<KnownIdentity> {
  const known = await store.contacts.resolve(id, asked);
  if (known.lid !== null || known.phoneNumber === null) return known;
  const [, ...others] = numberVariants(known.phoneNumber);
  for (const phoneNumber of others) {
    const other = await store.contacts.resolve(id, { phoneNumber, lid: null });
    if (other.lid !== null) return other;
  }
  return known;
}
