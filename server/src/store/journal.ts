/** Messages that were decrypted and not yet told of. The body is plaintext in the engine's encoding, therefore sealed. */
import type { SessionId } from '@zapfleet/contract';
import type { Kysely } from 'kysely';
import { CredentialsUnreadable, type JournalEntry } from '../ports/credentials.ts';
import type { CredentialOwner } from '../ports/store.ts';
import { BEFORE_ALL, type Pairing, pairing, pairingSealer, readOwner } from './credentials.ts';
import { bytes, text } from './row.ts';
import { Unsealable, type Vault } from './sealing.ts';
import { type Steps, template } from './statement.ts';
import type { Tables } from './tables.ts';

export type JournalRows = {
  insert(owner: CredentialOwner, entries: readonly JournalEntry[]): Steps<boolean>;
  remove(owner: CredentialOwner, key: string): Steps<boolean>;
  wipe(owner: CredentialOwner): Steps<boolean>;
  /** Removes at most `most` of a session's, whatever the pairing; answers how many. */
  purge(sessionId: SessionId, most: number): Steps<number>;
  /** The first pairing after `after` that has rows here. */
  nextOwner(after: CredentialOwner | null): Steps<CredentialOwner | null>;
  /** Oldest first. */
  unfinished(owner: CredentialOwner): Steps<JournalEntry[]>;
};

export function journalRows(db: Kysely<Tables>, vault: Vault): JournalRows {
  // An entry that is written again (the message was delivered twice) keeps its place.
  const upsert = template<Pairing & { key: string; body: Uint8Array }>((slots) =>
    db
      .insertInto('journal')
      .values({ session_id: slots.session_id, generation: slots.generation, key: slots.key, body: slots.body })
      .onConflict((conflict) =>
        conflict
          .columns(['session_id', 'generation', 'key'])
          .doUpdateSet((set) => ({ body: set.ref('excluded.body') })),
      ),
  );
  const removeOne = template<Pairing & { key: string }>((slots) =>
    db
      .deleteFrom('journal')
      .where('session_id', '=', slots.session_id)
      .where('generation', '=', slots.generation)
      .where('key', '=', slots.key),
  );
  const removeAll = template<Pairing>((slots) =>
    db.deleteFrom('journal').where('session_id', '=', slots.session_id).where('generation', '=', slots.generation),
  );
  const select = template<Pairing>((slots) =>
    db
      .selectFrom('journal')
      .select(['key', 'body'])
      .where('session_id', '=', slots.session_id)
      .where('generation', '=', slots.generation)
      .orderBy('position'),
  );
  const removeSome = template<{ session_id: string; most: number }>((slots) =>
    db
      .deleteFrom('journal')
      .where('position', 'in', (some) =>
        some.selectFrom('journal').select('position').where('session_id', '=', slots.session_id).limit(slots.most),
      ),
  );
  const next = template<Pairing>((slots) =>
    db
      .selectFrom('journal')
      .select(['session_id', 'generation'])
      .where(({ eb, refTuple, tuple }) =>
        eb(refTuple('session_id', 'generation'), '>', tuple(slots.session_id, slots.generation)),
      )
      .orderBy('session_id')
      .orderBy('generation')
      .limit(1),
  );
  return {
    *insert(owner, entries) {
      const sealer = pairingSealer(vault, owner);
      for (const { key, body } of entries) {
        yield upsert({ ...pairing(owner), key, body: sealer.seal(journalLabel(key), body) });
      }
      return entries.length > 0;
    },
    *remove(owner, key) {
      return (yield removeOne({ ...pairing(owner), key })).changed > 0;
    },
    *wipe(owner) {
      return (yield removeAll(pairing(owner))).changed > 0;
    },
    *purge(sessionId, most) {
      return (yield removeSome({ session_id: sessionId, most })).changed;
    },
    *nextOwner(after) {
      return readOwner((yield next(after ? pairing(after) : BEFORE_ALL)).rows[0]);
    },
    *unfinished(owner) {
      const sealer = pairingSealer(vault, owner);
      const { rows } = yield select(pairing(owner));
      try {
        return rows.map((row) => {
          const key = text(row, 'key');
          return { key, body: sealer.open(journalLabel(key), bytes(row, 'body')) };
        });
      } catch (error) {
        if (!(error instanceof Unsealable)) throw error;
        throw new CredentialsUnreadable(`the journal of session ${owner.sessionId} cannot be read: ${error.message}`, {
          cause: error,
        });
      }
    },
  };
}

/** Cannot be the label of a credential: no category is empty. */
export function journalLabel(key: string): string {
  return `\0journal\0${key}`;
}
