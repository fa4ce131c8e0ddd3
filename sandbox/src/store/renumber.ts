import type { Database } from './database.ts';

/** Columns that hold numbers of people, besides those that refer to an account by a foreign key. */
const NUMBERS: ReadonlySet<string> = new Set([
  'phone',
  'peer',
  'author',
  'addressee',
  'chat',
  'contact',
  'creator',
  'subject_by',
  'description_by',
]);
/** Columns with JSON in which numbers stand as strings. */
const JSON_OF_NUMBERS = [
  ['screens', 'mentions'],
  ['screens', 'details'],
] as const;

/** Writes a person's new number wherever the old one stands. The new one must be free; call it inside the transaction. */
export function renumber(db: Database, before: string, after: string): void {
  db.prepare('PRAGMA defer_foreign_keys = ON').run();
  for (const { table, column } of columnsWithNumbers(db)) {
    db.prepare(`UPDATE ${table} SET ${column} = ?2 WHERE ${column} = ?1`).run(before, after);
  }
  for (const [table, column] of JSON_OF_NUMBERS) {
    const change = `UPDATE ${table} SET ${column} = replace(${column}, ?1, ?2) WHERE instr(${column}, ?1) > 0`;
    db.prepare(change).run(`"${before}"`, `"${after}"`);
  }
}

function columnsWithNumbers(db: Database): { table: string; column: string }[] {
  const tables = db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`);
  return Array.from(tables.all(), (row) => row.text('name')).flatMap((table) => {
    const named = Array.from(db.prepare(`PRAGMA table_info(${table})`).all(), (row) => row.text('name'));
    const keys = Array.from(db.prepare(`PRAGMA foreign_key_list(${table})`).all());
    const referring = keys.filter((row) => row.text('table') === 'accounts').map((row) => row.text('from'));
    const columns = new Set([...named.filter((name) => NUMBERS.has(name)), ...referring]);
    return Array.from(columns, (column) => ({ table, column }));
  });
}
