/**
 * Seals everything anew with the first key, so that the others can go. Few rows at a time; what is done already is left alone, so it can be called
 * again after a crash. Nobody else may use the database meanwhile.
 */
import type { Kysely, SqlBool } from 'kysely';
import { sql } from 'kysely';
import { credentialLabel, pairingSealer } from './credentials.ts';
import { journalLabel } from './journal.ts';
import { mediaScope } from './media.ts';
import { keptScope } from './messages.ts';
import { bytes, integer, text } from './row.ts';
import type { Sealer, Vault } from './sealing.ts';
import { secretScope } from './session-secrets.ts';
import type { Row } from './statement.ts';
import type { Tables } from './tables.ts';
import { webhookScope } from './webhooks.ts';

/** A column that holds sealed values. `key` is the primary key of its table. */
export type SealedColumn = {
  table: keyof Tables;
  column: string;
  key: readonly string[];
  sealer(row: Row, vault: Vault): Sealer;
  label(row: Row): string;
};

const pairingOf = (row: Row, vault: Vault): Sealer =>
  pairingSealer(vault, {
    sessionId: text(row, 'session_id') as `ses_${string}`,
    generation: integer(row, 'generation'),
  });

const webhook = (column: string, label: string): SealedColumn => ({
  ...{ table: 'webhooks', column, key: ['id'] },
  sealer: (row, vault) => vault.scope(webhookScope(text(row, 'id'))),
  label: () => label,
});

/** A test holds this list against the tables. */
export const sealedColumns: readonly SealedColumn[] = [
  {
    ...{ table: 'credentials', column: 'value', key: ['session_id', 'generation', 'category', 'id'] },
    sealer: pairingOf,
    label: (row) => credentialLabel(text(row, 'category'), text(row, 'id')),
  },
  {
    ...{ table: 'journal', column: 'body', key: ['position'] },
    sealer: pairingOf,
    label: (row) => journalLabel(text(row, 'key')),
  },
  {
    ...{ table: 'messages', column: 'kept', key: ['id'] },
    sealer: (row, vault) => vault.scope(keptScope(text(row, 'session_id'))),
    label: (row) => text(row, 'wa_id'),
  },
  {
    ...{ table: 'media', column: 'ref', key: ['id'] },
    sealer: (row, vault) => vault.scope(mediaScope(text(row, 'session_id'))),
    label: (row) => text(row, 'id'),
  },
  {
    ...{ table: 'session_secrets', column: 'sealed', key: ['session_id', 'name'] },
    sealer: (row, vault) => vault.scope(secretScope(text(row, 'session_id'))),
    label: (row) => text(row, 'name'),
  },
  webhook('headers', 'headers'),
  webhook('secret', 'secret'),
  webhook('old_secret', 'old secret'),
];

const STEP = 500;

/** Answers how many values were sealed anew. Throws `Unsealable` for one that no key of the vault opens. */
export async function reseal(db: Kysely<Tables>, vault: Vault): Promise<number> {
  let count = 0;
  for (const column of sealedColumns) count += await resealColumn(db as unknown as Kysely<AnyTables>, vault, column);
  return count;
}

/** The tables by name: each is read as rows of unknown columns. */
type AnyTables = Record<string, Record<string, string | number | Uint8Array>>;

async function resealColumn(db: Kysely<AnyTables>, vault: Vault, sealed: SealedColumn): Promise<number> {
  const { table, column, key } = sealed;
  let after: Row | null = null;
  let count = 0;
  for (;;) {
    const rows: Row[] = await page(db, sealed, after);
    for (const row of rows) {
      const before = bytes(row, column);
      if (vault.isCurrent(before)) continue;
      const sealer = sealed.sealer(row, vault);
      const label = sealed.label(row);
      await db
        .updateTable(table)
        .set({ [column]: sealer.seal(label, sealer.open(label, before)) })
        .where(({ and, eb }) => and(key.map((name) => eb(name, '=', row[name] as string | number))))
        .execute();
      count += 1;
    }
    after = rows.at(-1) ?? null;
    if (rows.length < STEP) return count;
  }
}

function page(db: Kysely<AnyTables>, { table, column, key }: SealedColumn, after: Row | null): Promise<Row[]> {
  let query = db.selectFrom(table).selectAll().where(column, 'is not', null).limit(STEP);
  for (const name of key) query = query.orderBy(name);
  if (after) {
    const left = sql.join(key.map((name) => sql.ref(name)));
    const right = sql.join(key.map((name) => sql.val(after[name])));
    query = query.where(sql<SqlBool>`(${left}) > (${right})`);
  }
  return query.execute();
}
