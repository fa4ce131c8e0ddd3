import { type Figure, type Requirement, isReached, rounded } from './figure.ts';

const heads = ['figure', 'sessions', 'unit', 'Zapfleet', 'raw Baileys', 'required', '', 'sandbox CPU ms'] as const;
/** Words to the left, numbers to the right. */
const leftAligned: ReadonlySet<string> = new Set(['figure', 'unit', '']);

/** For people: one line per figure, columns aligned. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = [heads, ...figures.map(cellsOf)];
  const widths = heads.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return leftAligned.has(heads[column] ?? '') ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
  const [head = '', ...body] = lines;
  return [head, widths.map((width) => '─'.repeat(width)).join('  '), ...body].join('\n');
}

function cellsOf(figure: Figure): readonly string[] {
  const { what, sessions, unit, zapfleet, raw, required, sandbox } = figure;
  const reached = isReached(figure);
  return [
    what,
    sessions === null ? '' : grouped(sessions),
    unit,
    grouped(zapfleet),
    raw === null ? '–' : grouped(raw),
    required === null ? '–' : requirementText(required),
    reached === null ? '' : reached ? '✓' : '✗',
    sandbox === null ? '–' : grouped(sandbox),
  ];
}

function requirementText(required: Requirement): string {
  return 'atMost' in required ? `≤ ${grouped(required.atMost)}` : `≥ ${grouped(required.atLeast)}`;
}

function grouped(value: number): string {
  return rounded(value).toLocaleString('en-US', { maximumFractionDigits: 4 });
}
