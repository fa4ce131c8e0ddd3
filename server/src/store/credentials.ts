/** Credentials and Signal keys of one pairing: one sealed row per value. */
import type { Kysely } from 'kysely';
import { type Credential, CredentialsUnreadable } from '../ports/credentials.ts';
import type { CredentialOwner } from '../ports/store.ts';
import { bytes } from './row.ts';
import { type Sealer, Unsealable, type Vault } from './sealing.ts';
import { type Steps, template } from './statement.ts';
import type { Tables } from './tables.ts';

export type CredentialRows = {
  get(owner: CredentialOwner, category: string, ids: readonly string[]): Steps<Map<string, Uint8Array>>;
  put(owner: CredentialOwner, credentials: readonly Credential[]): Steps<boolean>;
  wipe(owner: CredentialOwner): Steps<boolean>;
};

type Address = { session_id: string; generation: number; category: string; id: string };
type Pairing = Pick<Address, 'session_id' | 'generation'>;

/** What seals the bytes of one pairing; the label says which row they belong to. */
export function pairingSealer(vault: Vault, owner: CredentialOwner): Sealer {
  return vault.scope(`credentials ${owner.sessionId} ${owner.generation}`);
}

export function credentialRows(db: Kysely<Tables>, vault: Vault): CredentialRows {
  const select = template<Address>((slots) =>
    db
      .selectFrom('credentials')
      .select('value')
      .where('session_id', '=', slots.session_id)
      .where('generation', '=', slots.generation)
      .where('category', '=', slots.category)
      .where('id', '=', slots.id),
  );
  const upsert = template<Address & { value: Uint8Array }>((slots) =>
    db
      .insertInto('credentials')
      .values({
        session_id: slots.session_id,
        generation: slots.generation,
        category: slots.category,
        id: slots.id,
        value: slots.value,
      })
      .onConflict((conflict) =>
        conflict
          .columns(['session_id', 'generation', 'category', 'id'])
          .doUpdateSet((set) => ({ value: set.ref('excluded.value') })),
      ),
  );
  const remove = template<Address>((slots) =>
    db
      .deleteFrom('credentials')
      .where('session_id', '=', slots.session_id)
      .where('generation', '=', slots.generation)
      .where('category', '=', slots.category)
      .where('id', '=', slots.id),
  );
  const removeAll = template<Pairing>((slots) =>
    db.deleteFrom('credentials').where('session_id', '=', slots.session_id).where('generation', '=', slots.generation),
  );
  return {
    *get(owner, category, ids) {
      const sealer = pairingSealer(vault, owner);
      const found = new Map<string, Uint8Array>();
      for (const id of ids) {
        const { rows } = yield select({ ...pairing(owner), category, id });
        const row = rows[0];
        if (row) found.set(id, unseal(sealer, owner, category, id, bytes(row, 'value')));
      }
      return found;
    },
    *put(owner, credentials) {
      const sealer = pairingSealer(vault, owner);
      const { session_id, generation } = pairing(owner);
      let changed = false;
      for (const { category, id, value } of credentials) {
        const outcome =
          value === null
            ? yield remove({ session_id, generation, category, id })
            : yield upsert({ session_id, generation, category, id, value: sealer.seal(label(category, id), value) });
        changed ||= outcome.changed > 0;
      }
      return changed;
    },
    *wipe(owner) {
      return (yield removeAll(pairing(owner))).changed > 0;
    },
  };
}

function pairing(owner: CredentialOwner): Pairing {
  return { session_id: owner.sessionId, generation: owner.generation };
}

function label(category: string, id: string): string {
  return `${category}\0${id}`;
}

function unseal(sealer: Sealer, owner: CredentialOwner, category: string, id: string, sealed: Uint8Array): Uint8Array {
  try {
    return sealer.open(label(category, id), sealed);
  } catch (error) {
    if (!(error instanceof Unsealable)) throw error;
    throw new CredentialsUnreadable(
      `the stored credential "${category}" of session ${owner.sessionId} cannot be read: ${error.message}`,
      { cause: error },
    );
  }
}
