/** Credentials and Signal keys of one pairing: one sealed row per value. */
import type { SessionId } from '@zapfleet/contract';
import type { Kysely } from 'kysely';
import { type Credential, CredentialsUnreadable } from '../ports/credentials.ts';
import type { CredentialOwner } from '../ports/store.ts';
import { bytes, integer, text } from './row.ts';
import { type Sealer, Unsealable, type Vault } from './sealing.ts';
import { type Row, type Steps, template } from './statement.ts';
import type { Tables } from './tables.ts';

export type CredentialRows = {
  get(owner: CredentialOwner, category: string, ids: readonly string[]): Steps<Map<string, Uint8Array>>;
  put(owner: CredentialOwner, credentials: readonly Credential[]): Steps<boolean>;
  wipe(owner: CredentialOwner): Steps<boolean>;
  /** Removes at most `most` of a session's, whatever the pairing; answers how many. */
  purge(sessionId: SessionId, most: number): Steps<number>;
  /** The first pairing after `after` that has rows here. */
  nextOwner(after: CredentialOwner | null): Steps<CredentialOwner | null>;
};

type Address = { session_id: string; generation: number; category: string; id: string };
export type Pairing = Pick<Address, 'session_id' | 'generation'>;

function scopeOf({ sessionId, generation }: CredentialOwner): string {
  return `credentials ${sessionId} ${generation}`;
}

/** What seals the bytes of one pairing; the label says which row they belong to. */
export function pairingSealer(vault: Vault, owner: CredentialOwner): Sealer {
  return vault.scope(scopeOf(owner));
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
  const some = template<{ session_id: string; most: number }>((slots) =>
    db
      .selectFrom('credentials')
      .select(['generation', 'category', 'id'])
      .where('session_id', '=', slots.session_id)
      .limit(slots.most),
  );
  const next = template<Pairing>((slots) =>
    db
      .selectFrom('credentials')
      .select(['session_id', 'generation'])
      .where(({ eb, refTuple, tuple }) =>
        eb(refTuple('session_id', 'generation'), '>', tuple(slots.session_id, slots.generation)),
      )
      .orderBy('session_id')
      .orderBy('generation')
      .limit(1),
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
            : yield upsert({
                session_id,
                generation,
                category,
                id,
                value: sealer.seal(credentialLabel(category, id), value),
              });
        changed ||= outcome.changed > 0;
      }
      return changed;
    },
    *wipe(owner) {
      vault.forget(scopeOf(owner));
      return (yield removeAll(pairing(owner))).changed > 0;
    },
    *purge(sessionId, most) {
      const { rows } = yield some({ session_id: sessionId, most });
      for (const row of rows) {
        const generation = integer(row, 'generation');
        vault.forget(scopeOf({ sessionId, generation }));
        yield remove({ session_id: sessionId, generation, category: text(row, 'category'), id: text(row, 'id') });
      }
      return rows.length;
    },
    *nextOwner(after) {
      return readOwner((yield next(after ? pairing(after) : BEFORE_ALL)).rows[0]);
    },
  };
}

export const BEFORE_ALL: Pairing = { session_id: '', generation: 0 };

export function readOwner(row: Row | undefined): CredentialOwner | null {
  return row ? { sessionId: text(row, 'session_id') as SessionId, generation: integer(row, 'generation') } : null;
}

export function pairing(owner: CredentialOwner): Pairing {
  return { session_id: owner.sessionId, generation: owner.generation };
}

export function credentialLabel(category: string, id: string): string {
  return `${category}\0${id}`;
}

function unseal(sealer: Sealer, owner: CredentialOwner, category: string, id: string, sealed: Uint8Array): Uint8Array {
  try {
    return sealer.open(credentialLabel(category, id), sealed);
  } catch (error) {
    if (!(error instanceof Unsealable)) throw error;
    throw new CredentialsUnreadable(
      `the stored credential "${category}" of session ${owner.sessionId} cannot be read: ${error.message}`,
      { cause: error },
    );
  }
}
