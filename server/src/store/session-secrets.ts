/** What a session keeps and nobody is shown, encrypted: its proxy with the password. */
import type { SessionId } from '@zapfleet/contract';
import type { Kysely } from 'kysely';
import type { SessionSecret } from '../ports/store.ts';
import { bytes } from './row.ts';
import type { Vault } from './sealing.ts';
import { type Steps, template, write } from './statement.ts';
import type { SessionSecretsTable, Tables } from './tables.ts';

export type SessionSecretRows = {
  put(sessionId: SessionId, name: SessionSecret, value: string | null): Steps<boolean>;
  get(sessionId: SessionId, name: SessionSecret): Steps<string | null>;
  wipe(sessionId: SessionId): Steps<boolean>;
};

type At = { session_id: string; name: string };

export function sessionSecretRows(db: Kysely<Tables>, vault: Vault): SessionSecretRows {
  const upsert = template<SessionSecretsTable>((slots) =>
    db
      .insertInto('session_secrets')
      .values({ session_id: slots.session_id, name: slots.name, sealed: slots.sealed })
      .onConflict((conflict) =>
        conflict.columns(['session_id', 'name']).doUpdateSet(({ ref }) => ({ sealed: ref('excluded.sealed') })),
      ),
  );
  const remove = template<At>((slots) =>
    db.deleteFrom('session_secrets').where('session_id', '=', slots.session_id).where('name', '=', slots.name),
  );
  const one = template<At>((slots) =>
    db
      .selectFrom('session_secrets')
      .select('sealed')
      .where('session_id', '=', slots.session_id)
      .where('name', '=', slots.name),
  );
  const all = template<{ session_id: string }>((slots) =>
    db.deleteFrom('session_secrets').where('session_id', '=', slots.session_id),
  );
  return {
    put: (sessionId, name, value) =>
      write(
        value === null
          ? remove({ session_id: sessionId, name })
          : upsert({
              session_id: sessionId,
              name,
              sealed: vault.scope(secretScope(sessionId)).seal(name, Buffer.from(value)),
            }),
      ),
    *get(sessionId, name) {
      const row = (yield one({ session_id: sessionId, name })).rows[0];
      return row ? Buffer.from(vault.scope(secretScope(sessionId)).open(name, bytes(row, 'sealed'))).toString() : null;
    },
    *wipe(sessionId) {
      vault.forget(secretScope(sessionId));
      return (yield all({ session_id: sessionId })).changed > 0;
    },
  };
}

/** Part of what is sealed: not to be changed. */
export function secretScope(sessionId: string): string {
  return `secrets ${sessionId}`;
}
