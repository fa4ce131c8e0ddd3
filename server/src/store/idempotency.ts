/** Keys of requests that were carried out, so that a repeated one gets the first one's answer. */
import type { MessageId, SessionId } from '@zapfleet/contract';
import type { Kysely } from 'kysely';
import { text } from './row.ts';
import { type Steps, template } from './statement.ts';
import type { Tables } from './tables.ts';

export type IdempotencyRows = {
  /** Changes nothing when the key is there and not expired at `now`. */
  insert(entry: IdempotencyEntry, now: number): Steps<boolean>;
  get(sessionId: SessionId, key: string, now: number): Steps<{ bodyHash: string; messageId: MessageId } | null>;
  /** Removes at most `most` of a session's; answers how many. */
  purge(sessionId: SessionId, most: number): Steps<number>;
  /** Removes at most `most` expired keys; answers how many. */
  prune(now: number, most: number): Steps<number>;
};

export type IdempotencyEntry = {
  sessionId: SessionId;
  key: string;
  bodyHash: string;
  messageId: MessageId;
  expiresAt: number;
};

type Values = { session_id: string; key: string; body_hash: string; message_id: string; expires_at: number };

export function idempotencyRows(db: Kysely<Tables>): IdempotencyRows {
  const upsertExpired = template<Values & { now: number }>((slots) =>
    db
      .insertInto('idempotency_keys')
      .values({
        session_id: slots.session_id,
        key: slots.key,
        body_hash: slots.body_hash,
        message_id: slots.message_id,
        expires_at: slots.expires_at,
      })
      .onConflict((conflict) =>
        conflict
          .columns(['session_id', 'key'])
          .doUpdateSet((set) => ({
            body_hash: set.ref('excluded.body_hash'),
            message_id: set.ref('excluded.message_id'),
            expires_at: set.ref('excluded.expires_at'),
          }))
          .where('idempotency_keys.expires_at', '<=', slots.now),
      ),
  );
  const select = template<{ session_id: string; key: string; now: number }>((slots) =>
    db
      .selectFrom('idempotency_keys')
      .select(['body_hash', 'message_id'])
      .where('session_id', '=', slots.session_id)
      .where('key', '=', slots.key)
      .where('expires_at', '>', slots.now),
  );
  const selectExpired = template<{ now: number; most: number }>((slots) =>
    db
      .selectFrom('idempotency_keys')
      .select(['session_id', 'key'])
      .where('expires_at', '<=', slots.now)
      .orderBy('expires_at')
      .limit(slots.most),
  );
  const remove = template<{ session_id: string; key: string }>((slots) =>
    db.deleteFrom('idempotency_keys').where('session_id', '=', slots.session_id).where('key', '=', slots.key),
  );
  const removeSome = template<{ session_id: string; most: number }>((slots) =>
    db
      .deleteFrom('idempotency_keys')
      .where('session_id', '=', slots.session_id)
      .where('key', 'in', (some) =>
        some.selectFrom('idempotency_keys').select('key').where('session_id', '=', slots.session_id).limit(slots.most),
      ),
  );
  return {
    *insert(entry, now) {
      const outcome = yield upsertExpired({
        session_id: entry.sessionId,
        key: entry.key,
        body_hash: entry.bodyHash,
        message_id: entry.messageId,
        expires_at: entry.expiresAt,
        now,
      });
      return outcome.changed > 0;
    },
    *get(sessionId, key, now) {
      const row = (yield select({ session_id: sessionId, key, now })).rows[0];
      return row ? { bodyHash: text(row, 'body_hash'), messageId: text(row, 'message_id') as MessageId } : null;
    },
    *purge(sessionId, most) {
      return (yield removeSome({ session_id: sessionId, most })).changed;
    },
    *prune(now, most) {
      const { rows } = yield selectExpired({ now, most });
      for (const row of rows) yield remove({ session_id: text(row, 'session_id'), key: text(row, 'key') });
      return rows.length;
    },
  };
}
