/** Writes many rows in few statements: on some databases each is a round trip. */
import { type Compilable, type SqlValue, type Steps, templates } from './statement.ts';

/** Rows of one statement: a few lengths, so that few statements are ever prepared. */
const LENGTHS = [64, 16, 4, 1];

/** `insert` builds the statement for rows of these columns, whatever their number. */
export function manyRows<R extends Record<keyof R, SqlValue>>(
  columns: readonly (keyof R & string)[],
  insert: (rows: R[]) => Compilable,
): (rows: readonly R[]) => Steps<void> {
  const slotOf = (column: string, at: number): string => `${column} ${at}`;
  // Its shape is how many rows there are.
  const statements = templates<Record<string, SqlValue>>((shape, slots) =>
    insert(
      Array.from({ length: Number(shape) }, (_, at) => {
        return Object.fromEntries(columns.map((column) => [column, slots[slotOf(column, at)]])) as R;
      }),
    ),
  );
  return function* (rows) {
    for (let at = 0; at < rows.length; ) {
      const length = LENGTHS.find((one) => one <= rows.length - at) ?? 1;
      const values: Record<string, SqlValue> = {};
      for (const [place, row] of rows.slice(at, at + length).entries()) {
        for (const column of columns) values[slotOf(column, place)] = row[column];
      }
      yield statements(String(length), values);
      at += length;
    }
  };
}
