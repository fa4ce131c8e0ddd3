/** How far somebody has read the log of events. */
import type { Kysely } from 'kysely';
import { integer } from './row.ts';
import { type Steps, template, write } from './statement.ts';
import type { Tables } from './tables.ts';

export type Cursor = {
  /** null before the first time. */
  get(): Steps<number | null>;
  set(seq: number): Steps<boolean>;
};

export function cursorOf(db: Kysely<Tables>, reader: string): Cursor {
  const read = template<Record<string, never>>(() =>
    db.selectFrom('cursors').select('seq').where('reader', '=', reader),
  );
  const put = template<{ seq: number }>((slots) =>
    db
      .insertInto('cursors')
      .values({ reader, seq: slots.seq })
      .onConflict((conflict) => conflict.column('reader').doUpdateSet((set) => ({ seq: set.ref('excluded.seq') }))),
  );
  return {
    *get() {
      const row = (yield read({})).rows[0];
      return row ? integer(row, 'seq') : null;
    },
    set: (seq) => write(put({ seq })),
  };
}
