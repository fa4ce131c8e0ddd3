/** Reads a `.env` file. Node's own reader passes over what it does not understand; a person wants to hear of it. */
import { parseEnv } from 'node:util';

export type EnvFile = {
  values: Readonly<Record<string, string>>;
  /** Name → the line it stands in, counted from 1. */
  lines: ReadonlyMap<string, number>;
};

export type EnvFileResult = { ok: true; file: EnvFile } | { ok: false; line: number; problem: string };

const assignment = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*(.*)$/;

export function readEnvFile(text: string): EnvFileResult {
  const source = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  const lines = new Map<string, number>();
  const rows = source.split('\n');
  for (let at = 0; at < rows.length; at += 1) {
    const row = rows[at] ?? '';
    if (/^\s*(#|$)/.test(row)) continue;
    const [, name, value] = assignment.exec(row) ?? [];
    if (name === undefined || value === undefined) return { ok: false, line: at + 1, problem: 'is not NAME=value' };
    lines.set(name, at + 1);
    const last = endOfValue(rows, at, value);
    if (last === null) return { ok: false, line: at + 1, problem: 'opens a quote that is never closed' };
    at = last;
  }
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(parseEnv(source))) if (value !== undefined) values[name] = value;
  return { ok: true, file: { values, lines } };
}

/** The row in which a value ends: a quoted one may span several. Null when its quote is never closed. */
function endOfValue(rows: readonly string[], at: number, value: string): number | null {
  const quote = /^["'`]/.exec(value)?.[0];
  if (quote === undefined || value.indexOf(quote, 1) > 0) return at;
  for (let next = at + 1; next < rows.length; next += 1) if (rows[next]?.includes(quote)) return next;
  return null;
}
