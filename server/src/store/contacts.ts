/** What each session knows of people: which phone number and LID are one person, and the name they gave themselves. */
import type { SessionId } from '@zapfleet/contract';
import type { Kysely } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { KnownIdentity, Lid, PhoneNumber } from '../domain/identity.ts';
import type { ContactChange, ContactRecord, EventDraft } from '../ports/store.ts';
import { integer, textOrNull } from './row.ts';
import { type Applied, type Row, type Steps, template, write } from './statement.ts';
import type { Tables } from './tables.ts';

export type ContactRows = {
  /** Changes nothing when all of it was known. Where it contradicts what was known, the newer word counts. */
  upsert(sessionId: SessionId, identity: KnownIdentity, pushName: string | null, tell?: Tell): Steps<Applied>;
  /** Not to be called inside a transaction: what it reads is remembered, so that the next `upsert` need not look. */
  resolve(sessionId: SessionId, known: KnownIdentity): Steps<KnownIdentity>;
  /** To be called whenever a transaction is over, kept or not, before anybody hears of it. */
  over(): void;
  list(sessionId: SessionId, after: number, limit: number): Steps<ContactRecord[]>;
  find(sessionId: SessionId, known: KnownIdentity): Steps<ContactRecord | null>;
  /** Removes at most `most` of a session's; answers how many. */
  purge(sessionId: SessionId, most: number): Steps<number>;
};

type Tell = ((change: ContactChange) => readonly EventDraft[]) | undefined;
type Contact = { phoneNumber: PhoneNumber | null; lid: Lid | null; pushName: string | null };
type Values = { session_id: string; phone_number: string | null; lid: string | null; push_name: string | null };

export function contactRows(db: Kysely<Tables>): ContactRows {
  const columns = ['id', 'phone_number', 'lid', 'push_name'] as const;
  const select = db.selectFrom('contacts').select(columns);
  const byPhone = template<{ session_id: string; phone_number: string }>((slots) =>
    select.where('session_id', '=', slots.session_id).where('phone_number', '=', slots.phone_number),
  );
  const byLid = template<{ session_id: string; lid: string }>((slots) =>
    select.where('session_id', '=', slots.session_id).where('lid', '=', slots.lid),
  );
  const insert = template<Values>((slots) =>
    db.insertInto('contacts').values({
      session_id: slots.session_id,
      phone_number: slots.phone_number,
      lid: slots.lid,
      push_name: slots.push_name,
    }),
  );
  const update = template<Omit<Values, 'session_id'> & { id: number }>((slots) =>
    db
      .updateTable('contacts')
      .set({ phone_number: slots.phone_number, lid: slots.lid, push_name: slots.push_name })
      .where('id', '=', slots.id),
  );
  const remove = template<{ id: number }>((slots) => db.deleteFrom('contacts').where('id', '=', slots.id));

  const some = template<{ session_id: string; most: number }>((slots) =>
    select.where('session_id', '=', slots.session_id).limit(slots.most),
  );

  const page = template<{ session_id: string; after: number; limit: number }>((slots) =>
    select.where('session_id', '=', slots.session_id).where('id', '>', slots.after).orderBy('id').limit(slots.limit),
  );

  // Holds committed rows only: filled by `resolve` alone, which never runs inside a transaction, and cleared of whatever is written.
  const known = new LRUCache<string, Contact>({ max: 20_000 });
  /** What the transaction under way has written: what is read of it meanwhile is old when it is over. */
  const written = new Set<string>();
  /** Counts the transactions that wrote some, so that a read knows whether one ended while it was under way. */
  let changes = 0;
  const forget = (sessionId: SessionId, { phoneNumber, lid }: KnownIdentity): void => {
    for (const key of [phoneNumber, lid]) {
      if (key === null) continue;
      known.delete(`${sessionId} ${key}`);
      written.add(`${sessionId} ${key}`);
    }
  };

  function* rowOf(sessionId: SessionId, key: PhoneNumber | Lid | null, isLid: boolean): Steps<Row | null> {
    if (key === null) return null;
    const { rows } = yield isLid
      ? byLid({ session_id: sessionId, lid: key })
      : byPhone({ session_id: sessionId, phone_number: key });
    return rows[0] ?? null;
  }

  return {
    *upsert(sessionId, identity, pushName, tell) {
      const { phoneNumber, lid } = identity;
      if (phoneNumber === null && lid === null) return false;
      const cached = known.get(`${sessionId} ${lid ?? phoneNumber ?? ''}`);
      if (cached && same(cached, joined(identity, pushName, cached))) return false;

      const withPhone = yield* rowOf(sessionId, phoneNumber, false);
      const withLid = yield* rowOf(sessionId, lid, true);
      const kept = withPhone ?? withLid;
      if (!kept) {
        return yield* write(insert({ session_id: sessionId, phone_number: phoneNumber, lid, push_name: pushName }));
      }
      let before = readContact(kept);
      let after = joined(identity, pushName, before);
      if (withPhone && withLid && integer(withPhone, 'id') !== integer(withLid, 'id')) {
        // Two rows turn out to be one person.
        const other = readContact(withLid);
        forget(sessionId, other);
        before = { ...before, pushName: before.pushName ?? other.pushName };
        after = joined(identity, pushName, before);
        yield remove({ id: integer(withLid, 'id') });
      } else if (same(before, after)) {
        return false;
      }
      forget(sessionId, before);
      yield update({
        id: integer(kept, 'id'),
        phone_number: after.phoneNumber,
        lid: after.lid,
        push_name: after.pushName,
      });
      return tell?.(changeOf(before, after)) ?? true;
    },

    *resolve(sessionId, asked) {
      const key = asked.lid ?? asked.phoneNumber;
      if (key === null) return asked;
      const name = `${sessionId} ${key}`;
      let contact = known.get(name);
      if (!contact) {
        const before = changes;
        const row = yield* rowOf(sessionId, key, asked.lid !== null);
        if (!row) return asked;
        contact = readContact(row);
        if (before === changes && !written.has(name)) known.set(name, contact);
      }
      return { phoneNumber: asked.phoneNumber ?? contact.phoneNumber, lid: asked.lid ?? contact.lid };
    },

    over() {
      if (written.size === 0) return;
      written.clear();
      changes += 1;
    },

    *list(sessionId, after, limit) {
      return (yield page({ session_id: sessionId, after, limit })).rows.map(recordOf);
    },

    *find(sessionId, { phoneNumber, lid }) {
      const row = (yield* rowOf(sessionId, lid, true)) ?? (yield* rowOf(sessionId, phoneNumber, false));
      return row && recordOf(row);
    },

    *purge(sessionId, most) {
      const { rows } = yield some({ session_id: sessionId, most });
      for (const row of rows) {
        forget(sessionId, readContact(row));
        yield remove({ id: integer(row, 'id') });
      }
      return rows.length;
    },
  };
}

function joined(identity: KnownIdentity, pushName: string | null, known: Contact): Contact {
  return {
    phoneNumber: identity.phoneNumber ?? known.phoneNumber,
    lid: identity.lid ?? known.lid,
    pushName: pushName ?? known.pushName,
  };
}

function changeOf(before: Contact, { phoneNumber, lid, pushName }: Contact): ContactChange {
  const isOther = phoneNumber !== before.phoneNumber || lid !== before.lid;
  return {
    identity: { phoneNumber, lid },
    pushName,
    resolved: isOther && phoneNumber !== null && lid !== null,
    renamed: pushName !== before.pushName,
  };
}

function same(a: Contact, b: Contact): boolean {
  return a.phoneNumber === b.phoneNumber && a.lid === b.lid && a.pushName === b.pushName;
}

function recordOf(row: Row): ContactRecord {
  const { phoneNumber, lid, pushName } = readContact(row);
  return { id: integer(row, 'id'), identity: { phoneNumber, lid }, pushName };
}

function readContact(row: Row): Contact {
  return {
    phoneNumber: textOrNull(row, 'phone_number') as PhoneNumber | null,
    lid: textOrNull(row, 'lid') as Lid | null,
    pushName: textOrNull(row, 'push_name'),
  };
}
