/**
 * What the aggregate files are made of. A `Statement` is compiled SQL with its parameters; `Steps` is a small program that yields
 * statements and gets their outcomes back. It does not know who executes it: the SQLite writer does so synchronously inside its group
 * commit, a PostgreSQL one can await each step. So one description of an aggregate serves both.
 */
import type { CompiledQuery } from 'kysely';
import type { Change, EventDraft } from '../ports/store.ts';

export type SqlValue = string | number | null | Uint8Array;

/** A row as the database gave it: unknown until read (see row.ts). */
export type Row = Readonly<Record<string, unknown>>;

export type Statement = { readonly sql: string; readonly parameters: readonly SqlValue[]; readonly reads: boolean };

/** `changed` is the number of rows a write inserted, updated or deleted. */
export type Outcome = { rows: readonly Row[]; changed: number };

export type Steps<T> = Generator<Statement, T, Outcome>;

/** What Kysely builds. */
export type Compilable = { compile(): CompiledQuery };

/** Stands for a value that comes later. */
class Slot {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/**
 * Compiles a query once and answers a function that only fills in values: compiling costs more than executing.
 * `slots.x` stands where the value `x` will be.
 */
export function template<V extends Record<string, SqlValue>>(
  build: (slots: V) => Compilable,
): (values: V) => Statement {
  const slots = new Proxy({}, { get: (_target, name) => new Slot(String(name)) }) as V;
  const { sql, parameters, query } = build(slots).compile();
  const reads = query.kind === 'SelectQueryNode';
  return (values) => ({
    sql,
    reads,
    parameters: parameters.map((parameter) =>
      parameter instanceof Slot ? (values[parameter.name] as SqlValue) : (parameter as SqlValue),
    ),
  });
}

/** A query whose shape depends on the call. */
export function statement(query: Compilable): Statement {
  const { sql, parameters, query: node } = query.compile();
  return { sql, parameters: parameters as readonly SqlValue[], reads: node.kind === 'SelectQueryNode' };
}

/** One template per shape: for queries that come in a handful of shapes (columns of a patch, lengths of a list). */
export function templates<V extends Record<string, SqlValue>>(
  build: (shape: string, slots: V) => Compilable,
): (shape: string, values: V) => Statement {
  const byShape = new Map<string, (values: V) => Statement>();
  return (shape, values) => {
    let fill = byShape.get(shape);
    if (!fill) {
      fill = template<V>((slots) => build(shape, slots));
      byShape.set(shape, fill);
    }
    return fill(values);
  };
}

/** What came of a write: whether a row changed, and where only the changed row says what is to be told, the events of that. */
export type Applied = boolean | readonly EventDraft[];

/** The events of a write that changed something. */
export function draftsOf(write: Change[number], applied: Applied): readonly EventDraft[] {
  if (applied === false) return [];
  const always = write.events ?? [];
  return applied === true ? always : [...always, ...applied];
}

/** One write; answers whether a row changed. */
export function* write(one: Statement): Steps<boolean> {
  return (yield one).changed > 0;
}
