import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Events that do not come with every message are found without looking through those that do. */
export const seldomEvents: Migration = {
  async up(db: Kysely<unknown>) {
    const seldom = sql`type not in ('message.received', 'message.sent', 'message.status', 'message.media', 'presence.updated')`;
    await sql`create index seldom_events on events (type, seq) where ${seldom}`.execute(db);
    await sql`create index seldom_events_by_session on events (session_id, type, seq) where ${seldom}`.execute(db);
  },
};
