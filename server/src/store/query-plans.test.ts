/** SQLite keeps no statistics here, so its choice of an index depends on the statement alone: what is right with three rows is so with millions. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SessionId } from '@zapfleet/contract';
import type { LocalDay } from '../domain/local-day.ts';
import type { EventFilter } from '../ports/event-log.ts';
import { rowOf } from './message-columns.ts';
import { migrate } from './migrate.ts';
import { bytesOf, lid, phone, sampleId, sampleMessage } from './records.fixture.ts';
import { openVault } from './sealing.ts';
import { openSqlite, type SqliteConnection } from './sqlite.ts';
import { kyselyOn } from './sqlite-dialect.ts';
import type { Outcome, Statement, Steps } from './statement.ts';
import { type Aggregates, aggregatesOn } from './writes.ts';

let connection: SqliteConnection;
let rows: Aggregates;

beforeAll(async () => {
  connection = openSqlite(null);
  const db = kyselyOn(connection.database);
  await migrate(db, 'in memory');
  rows = aggregatesOn(db, openVault([new Uint8Array(32)]));
});
afterAll(() => connection.close());

/** How SQLite carries out the reads, updates and deletes of these steps. Each is answered with `found`. */
function plansOf(steps: Steps<unknown>, found: Outcome['rows'] = []): string[] {
  const plans: string[] = [];
  for (let step = steps.next(); !step.done; step = steps.next({ rows: found, changed: 0 })) {
    plans.push(...planOf(step.value));
  }
  return plans;
}

function planOf({ sql, parameters }: Statement): string[] {
  const lines = connection.execute({ sql: `explain query plan ${sql}`, parameters, reads: true }).rows;
  return lines.map(({ detail }) => String(detail));
}

const sessionId: SessionId = 'ses_a';
const owner = { sessionId, generation: 1 };
const everything: EventFilter = { tenantId: null, types: null };
const once = 'SEARCH messages USING INDEX sqlite_autoindex_messages_2 (session_id=? AND wa_id=?)';
const messageById = 'SEARCH messages USING INDEX sqlite_autoindex_messages_1 (id=?)';
const sessionById = 'SEARCH sessions USING INDEX sqlite_autoindex_sessions_1 (id=?)';
const credential = 'SEARCH credentials USING INDEX sqlite_autoindex_credentials_1';
const covering = (plan: string) => plan.replace('USING INDEX', 'USING COVERING INDEX');
const journal = 'SEARCH journal USING INDEX sqlite_autoindex_journal_1';

it('every lookup and every page is found by an index that fits it, and nothing is sorted', () => {
  const message = sampleMessage(sessionId);
  const id = sampleId('msg');
  const page = { sessionId, after: id, limit: 10 };

  const amendment = { kind: 'reaction', from: message.from, emoji: '👍', at: 1 } as const;
  const row = rowOf(message);
  const asItIs = function* (one: typeof message): Steps<typeof message> {
    return one;
  };
  const about = 'SEARCH messages USING INDEX messages_about (session_id=? AND target_wa_id=?)';
  const metBefore = ['MULTI-INDEX OR', 'INDEX 1', once, 'INDEX 2', about];
  expect(plansOf(rows.messages.insert(message, null))).toEqual(metBefore);
  const riddle = { ...row, content: '{"type":"undecryptable","reason":"x"}' };
  expect(plansOf(rows.messages.insert(message, null), [riddle])).toEqual([...metBefore, messageById]);
  expect(plansOf(rows.messages.amend(id, amendment, undefined, asItIs), [row])).toEqual([messageById, messageById]);
  expect(plansOf(rows.messages.byWaIds(sessionId, ['a']))).toEqual([once]);
  expect(plansOf(rows.messages.kept(sessionId, 'a'))).toEqual([once]);
  expect(plansOf(rows.messages.get(id, null))).toEqual([messageById]);
  expect(plansOf(rows.messages.many([id, id]))).toEqual([messageById]);
  const patch = { status: 'sent' as const, timestamp: 1, kept: bytesOf('x') };
  expect(plansOf(rows.messages.update(id, ['queued'], patch), [{ session_id: sessionId, wa_id: 'a' }])).toEqual([
    messageById,
    messageById,
  ]);
  expect(plansOf(rows.messages.list(page))).toEqual([
    'SEARCH messages USING INDEX messages_by_session (session_id=? AND id>?)',
  ]);
  expect(plansOf(rows.messages.list({ ...page, chats: ['a'] }))).toEqual([
    'SEARCH messages USING INDEX messages_by_chat (session_id=? AND chat=? AND id>?)',
  ]);
  expect(plansOf(rows.messages.latest(sessionId, ['a', 'b']))).toEqual(
    ['a', 'b'].map(() => 'SEARCH messages USING INDEX messages_by_chat (session_id=? AND chat=?)'),
  );
  const byStatus = 'SEARCH messages USING INDEX messages_by_status (session_id=? AND status=?';
  expect(plansOf(rows.messages.list({ ...page, status: 'failed' }))).toEqual([`${byStatus} AND id>?)`]);
  expect(plansOf(rows.messages.unsent(sessionId))).toEqual([`${byStatus})`, `${byStatus})`]);
  const toExpire = 'SEARCH messages USING INDEX messages_to_expire (expires_at';
  expect(plansOf(rows.messages.expired(1, 9))).toEqual([`${toExpire}<?)`]);
  expect(plansOf(rows.messages.nextExpiry())).toEqual([`${toExpire}>?)`]);

  const identity = { phoneNumber: phone('1'), lid: lid('1') };
  expect(plansOf(rows.contacts.upsert(sessionId, identity, null))).toEqual([
    'SEARCH contacts USING INDEX sqlite_autoindex_contacts_1 (session_id=? AND phone_number=?)',
    'SEARCH contacts USING INDEX sqlite_autoindex_contacts_2 (session_id=? AND lid=?)',
  ]);

  expect(plansOf(rows.credentials.get(owner, 'c', ['1']))).toEqual([
    `${credential} (session_id=? AND generation=? AND category=? AND id=?)`,
  ]);
  expect(plansOf(rows.credentials.wipe(owner))).toEqual([`${covering(credential)} (session_id=? AND generation=?)`]);
  expect(plansOf(rows.journal.remove(owner, 'k'))).toEqual([`${journal} (session_id=? AND generation=? AND key=?)`]);
  expect(plansOf(rows.journal.wipe(owner))).toEqual([`${covering(journal)} (session_id=? AND generation=?)`]);

  expect(plansOf(rows.sessions.get(sessionId))).toEqual([sessionById]);
  expect(plansOf(rows.sessions.touch(sessionId, 1, 1))).toEqual([sessionById, sessionById]);
  expect(plansOf(rows.sessions.byName('ten_a', 'x'))).toEqual([
    'SEARCH sessions USING INDEX sqlite_autoindex_sessions_2 (tenant_id=? AND name_key=?)',
  ]);

  const medium = sampleId('med');
  const mediaById = 'SEARCH media USING INDEX sqlite_autoindex_media_1 (id=?)';
  const fileById = 'SEARCH media_files USING INDEX sqlite_autoindex_media_files_1 (id=?)';
  const due = 'SEARCH media USING INDEX media_due (session_id=? AND retry_at';
  expect(plansOf(rows.media.get(medium, null))).toEqual([mediaById]);
  expect(plansOf(rows.media.ofMessage(id, 'file'))).toEqual([
    'SEARCH media USING INDEX sqlite_autoindex_media_2 (message_id=? AND role=?)',
  ]);
  expect(plansOf(rows.media.ofSession(sessionId, 9))).toEqual([
    'SEARCH media USING INDEX media_by_session (session_id=?)',
  ]);
  expect(plansOf(rows.media.due(sessionId, 1, 9))).toEqual([`${due}<?)`]);
  expect(plansOf(rows.media.nextDue(sessionId, 1))).toEqual([`${covering(due)}>?)`]);
  expect(plansOf(rows.media.expired(1, 9))).toEqual(['SEARCH media USING INDEX media_by_expiry (expires_at<?)']);
  const file = { id: medium, tenant_id: 'ten_a', size: 1, sha256: 'x', created_at: 1, used_at: 1 };
  const byFile = 'SEARCH media USING COVERING INDEX media_by_file (file=?)';
  // The deletion looks for rows that still refer to it.
  const removed = [fileById, fileById, byFile];
  expect(plansOf(rows.mediaFiles.drop(medium), [file])).toEqual(removed);
  expect(plansOf(rows.media.drop([medium], 1, ''), [file])).toEqual([fileById, byFile, ...removed]);
  expect(plansOf(rows.mediaFiles.bySum('ten_a', 'x'))).toEqual([
    'SEARCH media_files USING INDEX media_files_by_sum (tenant_id=? AND sha256=?)',
  ]);
  expect(plansOf(rows.mediaFiles.oldest(1, 9))).toEqual([
    'SEARCH media_files USING INDEX media_files_by_use (used_at<?)',
  ]);
  expect(plansOf(rows.mediaFiles.after(medium, 9))).toEqual([fileById.replace('id=?', 'id>?')]);

  const ofSession = (index: string) => `SEARCH ${index} (session_id=?)`;
  expect(plansOf(rows.messages.purge(sessionId, 9))).toEqual([
    covering(messageById),
    'LIST SUBQUERY 1',
    ofSession('messages USING COVERING INDEX messages_by_status'),
  ]);
  expect(plansOf(rows.contacts.purge(sessionId, 9))).toEqual([ofSession('contacts USING INDEX contacts_by_session')]);
  expect(plansOf(rows.credentials.purge(sessionId, 9))).toEqual([`${covering(credential)} (session_id=?)`]);
  expect(plansOf(rows.journal.purge(sessionId, 9))).toEqual([
    'SEARCH journal USING INTEGER PRIMARY KEY (rowid=?)',
    'LIST SUBQUERY 1',
    `${covering(journal)} (session_id=?)`,
  ]);
  expect(plansOf(rows.idempotency.purge(sessionId, 9))).toEqual([
    'SEARCH idempotency_keys USING PRIMARY KEY (session_id=? AND key=?)',
    'LIST SUBQUERY 1',
    'SEARCH idempotency_keys USING PRIMARY KEY (session_id=?)',
  ]);
  expect(plansOf(rows.sessions.freeName(sessionId))).toEqual([sessionById]);
  // The others look for rows that still refer to it.
  const [removal, ...references] = plansOf(rows.sessions.remove(sessionId));
  expect(removal).toBe(sessionById);
  for (const plan of references) expect(plan).toMatch(/^SEARCH .*\(session_id=\?\)$/);
  const nextPairing = '((session_id,generation)>(?,?))';
  expect(plansOf(rows.credentials.nextOwner(owner))).toEqual([`${covering(credential)} ${nextPairing}`]);
  expect(plansOf(rows.journal.nextOwner(owner))).toEqual([`${covering(journal)} ${nextPairing}`]);

  const byEnd = (table: string, what: string) => `SEARCH ${table} USING INDEX ${table}_by_end (finished_at${what})`;
  expect(plansOf(rows.teardowns.get(sessionId, null))).toEqual([
    'SEARCH teardowns USING INDEX sqlite_autoindex_teardowns_1 (session_id=?)',
  ]);
  expect(plansOf(rows.teardowns.unfinished())).toEqual([byEnd('teardowns', '=?')]);
  expect(plansOf(rows.teardowns.prune(1, 10))).toEqual([byEnd('teardowns', '<?')]);
  expect(plansOf(rows.cleanups.get('a', null))).toEqual([
    'SEARCH cleanups USING INDEX sqlite_autoindex_cleanups_1 (id=?)',
  ]);
  expect(plansOf(rows.cleanups.unfinished())).toEqual([byEnd('cleanups', '=?')]);

  const bySeq = 'SEARCH events USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)';
  expect(plansOf(rows.events.read(0, 9, everything, 9))).toEqual([bySeq]);
  const often: EventFilter = { tenantId: 'ten_a', types: new Set(['session.qr', 'message.sent']) };
  expect(plansOf(rows.events.read(0, 9, often, 9))).toEqual([bySeq]);
  // Where others stand between them in any number.
  const seldom: EventFilter = { tenantId: 'ten_a', types: new Set(['session.qr', 'session.failed']) };
  for (const order of ['oldest', 'newest'] as const) {
    expect(plansOf(rows.events.read(0, 9, seldom, 9, order))).toEqual(
      ['session.qr', 'session.failed'].map(
        () => 'SEARCH events USING INDEX seldom_events (type=? AND seq>? AND seq<?)',
      ),
    );
    // The few of one session are sorted.
    expect(plansOf(rows.events.read(0, 9, { ...seldom, sessionId }, 9, order))).toEqual([
      'SEARCH events USING INDEX seldom_events_by_session (session_id=? AND type=? AND seq>? AND seq<?)',
      'USE TEMP B-TREE FOR ORDER BY',
    ]);
  }
  expect(plansOf(rows.events.read(0, 9, { ...everything, sessionId }, 9))).toEqual([
    'SEARCH events USING INDEX events_by_session (session_id=? AND seq>? AND seq<?)',
  ]);
  expect(plansOf(rows.idempotency.get(sessionId, 'k', 1))).toEqual([
    'SEARCH idempotency_keys USING PRIMARY KEY (session_id=? AND key=?)',
  ]);
  expect(plansOf(rows.contacts.list(sessionId, 1, 9))).toEqual([
    'SEARCH contacts USING INDEX contacts_by_session (session_id=? AND id>?)',
  ]);
  const newestFirst = { ...page, before: id, newestFirst: true };
  expect(plansOf(rows.messages.list(newestFirst))).toEqual([
    'SEARCH messages USING INDEX messages_by_session (session_id=? AND id>? AND id<?)',
  ]);
  expect(plansOf(rows.messages.unread(sessionId, ['a'], id, 9))).toEqual([
    'SEARCH messages USING INDEX messages_by_chat (session_id=? AND chat=? AND id>?)',
  ]);
  expect(plansOf(rows.messages.old(id, 9))).toEqual(['SEARCH messages USING INDEX sqlite_autoindex_messages_1 (id<?)']);
  const chat = 'SEARCH chats USING PRIMARY KEY (session_id=? AND chat=?)';
  expect(plansOf(rows.chats.get(sessionId, ['a']))).toEqual([chat]);
  expect(plansOf(rows.chats.read(sessionId, 'a', id, 0))).toEqual([chat]);
  expect(plansOf(rows.chats.list(sessionId, id, 9))).toEqual([
    'SEARCH chats USING INDEX chats_by_message (session_id=? AND last_message_id>? AND last_message_id<?)',
  ]);
  expect(plansOf(rows.search.index(9))).toEqual(['SCAN search_queue']);
  const day = '2026-11-21' as LocalDay;
  expect(
    plansOf(rows.sendDays.from(sessionId, day, 1), [{ day: '2026-11-22', messages: 1, new_chats: 0, count: 1 }]),
  ).toEqual([
    'SEARCH send_days USING PRIMARY KEY (session_id=? AND day>?)',
    'SEARCH messages USING INDEX messages_by_session (session_id=? AND id>?)',
    'CO-ROUTINE written',
    'SEARCH messages USING INDEX messages_by_session (session_id=? AND id>?)',
    // Of one day.
    'USE TEMP B-TREE FOR GROUP BY',
    'SCAN written',
    'CORRELATED SCALAR SUBQUERY 2',
    'SEARCH earlier USING INDEX messages_by_chat (session_id=? AND chat=? AND id<?)',
  ]);
  expect(plansOf(rows.sendDays.prune(day, 9))).toEqual([
    'SEARCH send_days USING COVERING INDEX send_days_by_day (day<?)',
  ]);
  expect(plansOf(rows.sendDays.purge(sessionId, 9))).toEqual(['SEARCH send_days USING PRIMARY KEY (session_id=?)']);
  expect(plansOf(rows.tenantDays.prune(day, 9))).toEqual([
    'SEARCH tenant_days USING COVERING INDEX tenant_days_by_day (day<?)',
  ]);
  expect(
    plansOf(rows.tenantDays.messages('ten_a', day), [{ id: sessionId, messages: null, told: '', count: 0 }]),
  ).toEqual([
    'SEARCH tenant_days USING PRIMARY KEY (tenant_id=? AND day=?)',
    'SEARCH sessions USING INDEX sqlite_autoindex_sessions_2 (tenant_id=?)',
    'SEARCH messages USING INDEX messages_by_session (session_id=? AND id>?)',
  ]);
  expect(plansOf(rows.messages.standing(sessionId, ['a']))).toEqual([
    'SEARCH messages USING INDEX messages_by_chat (session_id=? AND chat=?)',
    'SEARCH messages USING INDEX messages_by_chat (session_id=? AND chat=?)',
  ]);
  const tenants = { tenantId: 'ten_a', sessionIds: null } as const;
  const figures = (what: string) => `SEARCH figures USING ${what}`;
  expect(plansOf(rows.figures.byMinute(tenants, 1, 9))).toEqual([
    figures('PRIMARY KEY (tenant_id=? AND minute>? AND minute<?)'),
  ]);
  expect(plansOf(rows.figures.byMinute({ tenantId: null, sessionIds: null }, 1, 9))).toEqual([
    figures('INDEX figures_by_minute (minute>? AND minute<?)'),
  ]);
  expect(plansOf(rows.figures.prune(1, 9))).toEqual([figures('COVERING INDEX figures_by_minute (minute<?)')]);
  expect(plansOf(rows.idempotency.prune(1, 10))).toEqual([
    'SEARCH idempotency_keys USING COVERING INDEX idempotency_keys_by_expiry (expires_at<?)',
  ]);
});

it('a search is asked for within bounds that each part of it has an index for', () => {
  const [few, many] = [1, 2000].map((count) => {
    const seek = () => rows.search.seek(sessionId, { words: ['a', 'b'], chats: ['c'] }, null);
    const answered = [{ count, term: 'a', row: 7, message_id: sampleId('msg') }];
    return { seek: new Set(plansOf(seek(), answered)), steps: seek(), answered };
  });
  // Bounded by a beginning and an end of what FTS5 keeps in order, and by a number of rows.
  const bounded = ['CO-ROUTINE (subquery-1)', 'SCAN message_terms VIRTUAL TABLE INDEX 1537:', 'SCAN (subquery-1)'];
  expect([few?.seek, many?.seek]).toEqual([new Set(bounded), new Set(bounded)]);
  const questOf = ({ steps, answered }: NonNullable<typeof many>) => {
    let step = steps.next();
    while (!step.done) step = steps.next({ rows: answered, changed: 0 });
    return step.value;
  };
  const places = [
    'SCAN message_words_fts VIRTUAL TABLE INDEX 192:M1><',
    'SEARCH message_rows USING INTEGER PRIMARY KEY (rowid=?)',
  ];
  expect(plansOf(questOf(few as never)?.next(9) as never)).toEqual(places);
  const window = 'SEARCH message_rows USING INTEGER PRIMARY KEY (rowid<?)';
  expect(plansOf(questOf(many as never)?.next(9) as never)).toEqual([window, ...places]);
});

it('deliveries are found without a look at those that are done', () => {
  const id = 'whk_a';
  const row = { webhookId: id, seq: 1, status: 'pending', made: 0, nextAt: 1, chat: 'c', attempts: [] } as const;
  const by = (what: string) => `SEARCH d USING ${what}`;
  const event = 'SEARCH e USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN';
  const due = 'INDEX webhook_deliveries_due (webhook_id=?';
  const ofChat = 'INDEX webhook_deliveries_of_chat (webhook_id=? AND chat=?';
  const key = 'PRIMARY KEY (webhook_id=? AND seq=?)';
  const undelivered = 'INDEX webhook_deliveries_undelivered (webhook_id=?';

  expect(plansOf(rows.deliveries.record([row], 1), [{ seq: 1 }])).toEqual([
    by(`COVERING ${ofChat} AND seq<?)`),
    by(`COVERING ${ofChat})`),
    `SEARCH webhook_deliveries USING ${key}`,
  ]);
  expect(plansOf(rows.deliveries.get(id, 1))).toEqual([by(key), event]);
  expect(plansOf(rows.deliveries.list({ webhookId: id, limit: 9 }))).toEqual([by('PRIMARY KEY (webhook_id=?)'), event]);
  const dead = { webhookId: id, limit: 9, status: 'dead', before: 5 } as const;
  expect(plansOf(rows.deliveries.list(dead))).toEqual([by(`COVERING ${undelivered} AND status=? AND seq<?)`)]);
  expect(plansOf(rows.deliveries.due(id, 1, 9))).toEqual([by(`${due} AND next_at>? AND next_at<?)`), event]);
  expect(plansOf(rows.deliveries.nextDueAt(id, 1))).toEqual([by(`COVERING ${due} AND next_at>?)`)]);
  expect(plansOf(rows.deliveries.chatAfter(id, 'c', 1, 9))).toEqual([by(`COVERING ${ofChat} AND seq>?)`)]);
  expect(plansOf(rows.deliveries.pendingSeqs(id, 9))).toEqual([by(`COVERING ${undelivered} AND status=?)`)]);
  expect(plansOf(rows.deliveries.purge(id, 9))).toEqual([
    `SEARCH webhook_deliveries USING ${key}`,
    'LIST SUBQUERY 1',
    'SEARCH webhook_deliveries USING PRIMARY KEY (webhook_id=? AND seq<?)',
  ]);
  expect(plansOf(rows.webhooks.list({ tenantId: 'ten_a', after: 'whk_a', limit: 9 }))).toEqual([
    'SEARCH webhooks USING INDEX webhooks_by_tenant (tenant_id=? AND id>?)',
  ]);
  expect(plansOf(rows.webhooks.list({ tenantId: 'ten_a', sessionId, limit: 9 }))).toEqual([
    'SEARCH webhooks USING INDEX webhooks_by_session (session_id=?)',
  ]);
});
