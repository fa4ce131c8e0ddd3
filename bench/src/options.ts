/** What a run is asked to measure, read from the command line. */
import { parseArgs } from 'node:util';

/** In the order in which they are measured. */
export const measureNames = [
  'start',
  'pairing',
  'restore',
  'idle',
  'list',
  'inbound',
  'inbound_webhook',
  'outbound',
  'group_inbound',
  'group_outbound',
  'steady',
  'steady_webhook',
] as const;
export type MeasureName = (typeof measureNames)[number];

export type Options = {
  readonly measures: readonly MeasureName[];
  /** Fleet sizes, ascending; null: each measure's own. */
  readonly sessions: readonly number[] | null;
  readonly quick: boolean;
  /** Without the raw library: half the time, for work on the server itself. */
  readonly alone: boolean;
  /** A folder for CPU profiles of the server, one for each measure; profiling itself costs CPU. */
  readonly profile: string | null;
};

export const usage = `npm run bench -- [options]
  --only <names>       of ${measureNames.join(', ')}; default: all
  --sessions <sizes>   fleet sizes, e.g. 1,300; default: each measure's own
  --quick              small fleets, one round, short windows
  --alone              without the raw library beside it
  --profile <folder>   write CPU profiles of the server into this folder`;

/** Throws with a sentence for a person. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      sessions: { type: 'string' },
      quick: { type: 'boolean', default: false },
      alone: { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  });
  return {
    measures: measuresOf(values.only),
    sessions: values.sessions === undefined ? null : sizesOf(values.sessions),
    quick: values.quick,
    alone: values.alone,
    profile: values.profile ?? null,
  };
}

function measuresOf(text: string | undefined): readonly MeasureName[] {
  if (text === undefined) return measureNames;
  const wanted = listOf(text);
  for (const name of wanted) {
    if (!measureNames.some((known) => known === name)) {
      throw new Error(`There is no measure "${name}": they are ${measureNames.join(', ')}.`);
    }
  }
  return measureNames.filter((name) => wanted.includes(name));
}

function sizesOf(text: string): readonly number[] {
  const sizes = listOf(text).map((one) => {
    const size = Number(one);
    if (!Number.isInteger(size) || size < 1 || size > 3000) {
      throw new Error(`"${one}" is not a number of sessions: 1 to 3000.`);
    }
    return size;
  });
  return [...new Set(sizes)].sort((a, b) => a - b);
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
