/**
 * Deliveries: what became of each event for each webhook. One row per event and webhook, written once where the first attempt succeeds. What
 * an event says is read from its own row.
 */
import type { DeliveryStatus, EventType, WebhookId } from '@zapfleet/contract';
import { type Kysely, sql } from 'kysely';
import type { AttemptRecord, DeliveryRecord, DeliveryRow } from '../domain/delivery.ts';
import type { DeliveryFilter } from '../ports/store.ts';
import { cursorOf } from './cursors.ts';
import { manyRows } from './many-rows.ts';
import { integer, integerOrNull, json, text, textOrNull } from './row.ts';
import { type Outcome, type Row, type SqlValue, type Steps, statement, template, write } from './statement.ts';
import type { Tables, WebhookDeliveriesTable } from './tables.ts';

export type DeliveryRows = {
  /** Rows must be of webhooks that exist. Those with a `chat` keep their order: see `deliveries.record`. */
  record(rows: readonly DeliveryRow[], now: number): Steps<boolean>;
  readUpTo(): Steps<number | null>;
  setReadUpTo(seq: number): Steps<boolean>;
  replay(row: Pick<DeliveryRow, 'webhookId' | 'seq' | 'chat'>, onlyDead: boolean, now: number): Steps<boolean>;
  hurry(webhookId: WebhookId, seq: number, now: number): Steps<boolean>;
  /** What waits for an earlier one waits no more. */
  releaseAll(webhookId: WebhookId, now: number): Steps<boolean>;
  get(webhookId: WebhookId, seq: number): Steps<DeliveryRecord | null>;
  list(filter: DeliveryFilter): Steps<DeliveryRecord[]>;
  due(webhookId: WebhookId, now: number, limit: number): Steps<DeliveryRecord[]>;
  chatAfter(webhookId: WebhookId, chat: string, seq: number, limit: number): Steps<DeliveryRecord[]>;
  nextDueAt(webhookId: WebhookId, after: number): Steps<number | null>;
  pendingSeqs(webhookId: WebhookId, limit: number): Steps<number[]>;
  countPending(limit: number): Steps<number>;
  /** Removes at most `most`; answers how many. */
  purge(webhookId: WebhookId, most: number): Steps<number>;
  /** Removes at most `most` of events before `seq`; answers how many. What waited for one of them waits no more. */
  prune(webhookId: WebhookId, seq: number, now: number, most: number): Steps<number>;
};

type Table = 'webhook_deliveries';
type Key = { webhook_id: string; seq: number };
type Place = Key & { chat: string };

const table: Table = 'webhook_deliveries';
/** Written out, so that the databases see that a partial index fits. */
const undelivered = sql<boolean>`d.status <> 'delivered'`;
const pending = sql<boolean>`d.status = 'pending'`;
const dueSometime = sql<boolean>`d.next_at is not null`;
const inSomeChat = sql<boolean>`d.chat is not null`;

export function deliveryRows(db: Kysely<Tables>): DeliveryRows {
  const from = () => db.selectFrom(`${table} as d`);
  const withEvent = () =>
    from()
      .leftJoin('events as e', 'e.seq', 'd.seq')
      .select(['d.webhook_id', 'd.seq', 'd.status', 'd.made', 'd.next_at', 'd.chat', 'd.attempts'])
      .select(['e.type', 'e.json', 'e.recorded_at']);

  const upsert = manyRows<WebhookDeliveriesTable>(columns, (rows) =>
    db
      .insertInto(table)
      .values(rows)
      .onConflict((conflict) =>
        conflict.columns(['webhook_id', 'seq']).doUpdateSet((set) => ({
          status: set.ref('excluded.status'),
          made: set.ref('excluded.made'),
          next_at: set.ref('excluded.next_at'),
          chat: set.ref('excluded.chat'),
          attempts: set.ref('excluded.attempts'),
        })),
      ),
  );
  const earlierInChat = template<Place>((slots) =>
    from()
      .select('d.seq')
      .where('d.webhook_id', '=', slots.webhook_id)
      .where('d.chat', '=', slots.chat)
      .where('d.seq', '<', slots.seq)
      .where(pending)
      .where(inSomeChat)
      .limit(1),
  );
  const firstInChat = template<{ webhook_id: string; chat: string }>((slots) =>
    from()
      .select('d.seq')
      .where('d.webhook_id', '=', slots.webhook_id)
      .where('d.chat', '=', slots.chat)
      .where(pending)
      .where(inSomeChat)
      .orderBy('d.seq')
      .limit(1),
  );
  const makeDue = template<Key & { now: number }>((slots) =>
    db
      .updateTable(table)
      .set({ next_at: slots.now })
      .where('webhook_id', '=', slots.webhook_id)
      .where('seq', '=', slots.seq)
      .where('next_at', 'is', null),
  );
  const hurry = template<Key & { now: number }>((slots) =>
    db
      .updateTable(table)
      .set({ next_at: slots.now })
      .where('webhook_id', '=', slots.webhook_id)
      .where('seq', '=', slots.seq)
      .where('status', '=', 'pending')
      .where('next_at', '>', slots.now),
  );
  const again = template<Place & { next_at: number | null }>((slots) =>
    db
      .updateTable(table)
      .set({ status: 'pending', made: 0, next_at: slots.next_at, chat: slots.chat })
      .where('webhook_id', '=', slots.webhook_id)
      .where('seq', '=', slots.seq),
  );
  const statusOf = template<Key>((slots) =>
    from().select('d.status').where('d.webhook_id', '=', slots.webhook_id).where('d.seq', '=', slots.seq),
  );
  const releaseAll = template<{ webhook_id: string; now: number }>((slots) =>
    db
      .updateTable(`${table} as d`)
      .set({ next_at: sql`coalesce(d.next_at, ${slots.now})`, chat: null })
      .where('d.webhook_id', '=', slots.webhook_id)
      .where(pending)
      .where(inSomeChat),
  );
  const one = template<Key>((slots) =>
    withEvent().where('d.webhook_id', '=', slots.webhook_id).where('d.seq', '=', slots.seq),
  );
  const due = template<{ webhook_id: string; now: number; limit: number }>((slots) =>
    withEvent()
      .where('d.webhook_id', '=', slots.webhook_id)
      .where('d.next_at', '<=', slots.now)
      .where(pending)
      .where(dueSometime)
      .orderBy('d.next_at')
      .orderBy('d.seq')
      .limit(slots.limit),
  );
  const laterInChat = template<Place & { limit: number }>((slots) =>
    from()
      .select('d.seq')
      .where('d.webhook_id', '=', slots.webhook_id)
      .where('d.chat', '=', slots.chat)
      .where('d.seq', '>', slots.seq)
      .where(pending)
      .where(inSomeChat)
      .orderBy('d.seq')
      .limit(slots.limit),
  );
  const nextDue = template<{ webhook_id: string; after: number }>((slots) =>
    from()
      .select('d.next_at')
      .where('d.webhook_id', '=', slots.webhook_id)
      .where('d.next_at', '>', slots.after)
      .where(pending)
      .where(dueSometime)
      .orderBy('d.next_at')
      .limit(1),
  );
  const pendingSeqs = template<{ webhook_id: string; limit: number }>((slots) =>
    from()
      .select('d.seq')
      .where('d.webhook_id', '=', slots.webhook_id)
      .where(pending)
      .where(undelivered)
      .orderBy('d.seq')
      .limit(slots.limit),
  );
  const countPending = template<{ limit: number }>((slots) =>
    db
      .selectFrom(from().select('d.seq').where(pending).where(undelivered).limit(slots.limit).as('some'))
      .select(({ fn }) => fn.countAll().as('count')),
  );
  const cursor = cursorOf(db, 'webhooks');
  const removeSome = template<{ webhook_id: string; before: number; most: number }>((slots) =>
    db
      .deleteFrom(table)
      .where('webhook_id', '=', slots.webhook_id)
      .where('seq', 'in', (some) =>
        some
          .selectFrom(table)
          .select('seq')
          .where('webhook_id', '=', slots.webhook_id)
          .where('seq', '<', slots.before)
          .orderBy('seq')
          .limit(slots.most),
      ),
  );
  const waitingForNobody = template<{ webhook_id: string; now: number }>((slots) =>
    db
      .updateTable(`${table} as d`)
      .set({ next_at: slots.now })
      .where('d.webhook_id', '=', slots.webhook_id)
      .where(pending)
      .where(inSomeChat)
      .where('d.next_at', 'is', null)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom(`${table} as earlier`)
              .select('earlier.seq')
              .whereRef('earlier.webhook_id', '=', 'd.webhook_id')
              .whereRef('earlier.chat', '=', 'd.chat')
              .whereRef('earlier.seq', '<', 'd.seq')
              .where(sql<boolean>`earlier.status = 'pending'`)
              .where(sql<boolean>`earlier.chat is not null`),
          ),
        ),
      ),
  );

  function* isHeldBack({ webhookId, chat, seq }: Pick<DeliveryRow, 'webhookId' | 'chat' | 'seq'>): Steps<boolean> {
    if (chat === null) return false;
    return (yield earlierInChat({ webhook_id: webhookId, chat, seq })).rows.length > 0;
  }

  /** The earliest pending one of a chat is due. */
  function* release(webhookId: WebhookId, chat: string, now: number): Steps<void> {
    const first = (yield firstInChat({ webhook_id: webhookId, chat })).rows[0];
    if (first) yield makeDue({ webhook_id: webhookId, seq: integer(first, 'seq'), now });
  }

  /** Rows whose `seq` was found first, by an index that holds it: asked for both at once, SQLite goes through all rows of the webhook. */
  function* those(webhookId: WebhookId, { rows }: Outcome, order: 'asc' | 'desc'): Steps<DeliveryRecord[]> {
    if (rows.length === 0) return [];
    const seqs = rows.map((row) => integer(row, 'seq'));
    const query = withEvent().where('d.webhook_id', '=', webhookId).where('d.seq', 'in', seqs);
    return (yield statement(query.orderBy('d.seq', order))).rows.map(readDelivery);
  }

  const put = (rows: readonly DeliveryRow[]): Steps<void> => upsert(rows.map(columnsOf));

  return {
    *record(rows, now) {
      // Where nothing keeps its order, all can be written at once.
      const [free, ordered] = [rows.filter(({ chat }) => chat === null), rows.filter(({ chat }) => chat !== null)];
      yield* put(free);
      const chats = new Map<string, { webhookId: WebhookId; chat: string }>();
      for (const row of ordered) {
        const { webhookId, chat } = row;
        const heldBack = row.status === 'pending' && row.nextAt !== null && (yield* isHeldBack(row));
        yield* put([heldBack ? { ...row, nextAt: null } : row]);
        if (chat !== null) chats.set(`${webhookId} ${chat}`, { webhookId, chat });
      }
      for (const { webhookId, chat } of chats.values()) yield* release(webhookId, chat, now);
      return rows.length > 0;
    },
    readUpTo: cursor.get,
    setReadUpTo: cursor.set,
    *replay({ webhookId, seq, chat }, onlyDead, now) {
      const row = (yield statusOf({ webhook_id: webhookId, seq })).rows[0];
      const status = row ? text(row, 'status') : null;
      if (status === 'pending' || (onlyDead && status !== 'dead')) return false;
      const nextAt = (yield* isHeldBack({ webhookId, chat, seq })) ? null : now;
      if (row) return (yield again({ webhook_id: webhookId, seq, chat: chat as string, next_at: nextAt })).changed > 0;
      const fresh = { webhookId, seq, chat, status: 'pending', made: 0, nextAt, attempts: [] } as const;
      yield* put([fresh]);
      return true;
    },
    hurry: (webhookId, seq, now) => write(hurry({ webhook_id: webhookId, seq, now })),
    releaseAll: (webhookId, now) => write(releaseAll({ webhook_id: webhookId, now })),
    *get(webhookId, seq) {
      const row = (yield one({ webhook_id: webhookId, seq })).rows[0];
      return row ? readDelivery(row) : null;
    },
    *list({ webhookId, status, before, limit }) {
      if (status === 'pending' || status === 'dead') {
        let which = from().select('d.seq').where('d.webhook_id', '=', webhookId).where('d.status', '=', status);
        if (before !== undefined) which = which.where('d.seq', '<', before);
        const found = yield statement(which.where(undelivered).orderBy('d.seq', 'desc').limit(limit));
        return yield* those(webhookId, found, 'desc');
      }
      let query = withEvent().where('d.webhook_id', '=', webhookId).orderBy('d.seq', 'desc').limit(limit);
      if (status !== undefined) query = query.where('d.status', '=', status);
      if (before !== undefined) query = query.where('d.seq', '<', before);
      return (yield statement(query)).rows.map(readDelivery);
    },
    *due(webhookId, now, limit) {
      return (yield due({ webhook_id: webhookId, now, limit })).rows.map(readDelivery);
    },
    *chatAfter(webhookId, chat, seq, limit) {
      return yield* those(webhookId, yield laterInChat({ webhook_id: webhookId, chat, seq, limit }), 'asc');
    },
    *nextDueAt(webhookId, after) {
      const row = (yield nextDue({ webhook_id: webhookId, after })).rows[0];
      return row ? integerOrNull(row, 'next_at') : null;
    },
    *pendingSeqs(webhookId, limit) {
      return (yield pendingSeqs({ webhook_id: webhookId, limit })).rows.map((row) => integer(row, 'seq'));
    },
    *countPending(limit) {
      const row = (yield countPending({ limit })).rows[0];
      return row ? integer(row, 'count') : 0;
    },
    *purge(webhookId, most) {
      return (yield removeSome({ webhook_id: webhookId, before: Number.MAX_SAFE_INTEGER, most })).changed;
    },
    *prune(webhookId, seq, now, most) {
      const { changed } = yield removeSome({ webhook_id: webhookId, before: seq, most });
      if (changed > 0) yield waitingForNobody({ webhook_id: webhookId, now });
      return changed;
    },
  };
}

const columns = ['webhook_id', 'seq', 'status', 'made', 'next_at', 'chat', 'attempts'] as const;

function columnsOf({ webhookId, seq, status, made, nextAt, chat, attempts }: DeliveryRow) {
  return {
    ...{ webhook_id: webhookId, seq, status, made, next_at: nextAt, chat },
    attempts: attempts.length === 0 ? '[]' : JSON.stringify(attempts),
  } satisfies Record<keyof WebhookDeliveriesTable, SqlValue>;
}

function readDelivery(row: Row): DeliveryRecord {
  return {
    webhookId: text(row, 'webhook_id') as WebhookId,
    seq: integer(row, 'seq'),
    status: text(row, 'status') as DeliveryStatus,
    made: integer(row, 'made'),
    nextAt: integerOrNull(row, 'next_at'),
    chat: textOrNull(row, 'chat'),
    attempts: json(row, 'attempts') as AttemptRecord[],
    type: textOrNull(row, 'type') as EventType | null,
    json: textOrNull(row, 'json'),
    recordedAt: integerOrNull(row, 'recorded_at'),
  };
}
