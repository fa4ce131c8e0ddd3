/** Which encryption keys sealed something here: a start with the wrong key is refused before it can do harm. */
import type { Kysely } from 'kysely';
import type { Log } from '../ports/log.ts';
import { StoreUnusable } from './failures.ts';
import { Unsealable, type Vault } from './sealing.ts';
import type { Tables } from './tables.ts';

const SCOPE = 'proof';

/** Throws `StoreUnusable` when none of the vault's keys fits what is stored; remembers its first key otherwise. */
export async function checkEncryptionKeys(db: Kysely<Tables>, vault: Vault, log: Log, now: number): Promise<void> {
  const stored = await db.selectFrom('encryption_keys').selectAll().execute();
  const unknown = stored.filter(({ id, proof }) => !opens(vault, id, proof));
  if (stored.length > 0 && unknown.length === stored.length) {
    throw new StoreUnusable(
      'ENCRYPTION_KEY is not the key that the stored credentials were encrypted with; start with that key (a new one may stand before it in the list).',
    );
  }
  for (const { id } of unknown) {
    log.warn({ keyId: id }, 'credentials that were encrypted with a former ENCRYPTION_KEY cannot be read without it');
  }
  const [first] = vault.keyIds;
  await db
    .insertInto('encryption_keys')
    .values({ id: first, proof: vault.scope(SCOPE).seal(first, new Uint8Array(0)), created_at: now })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
}

function opens(vault: Vault, id: string, proof: Uint8Array): boolean {
  try {
    vault.scope(SCOPE).open(id, proof);
    return true;
  } catch (error) {
    if (error instanceof Unsealable) return false;
    throw error;
  }
}
