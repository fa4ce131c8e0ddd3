import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const here = import.meta.dirname;
const guide = readFileSync(join(here, '../../../docs/logout-and-cleanup.md'), 'utf8');
const source = globSync('*.ts', { cwd: here, exclude: ['*.test.ts'] })
  .map((file) => readFileSync(join(here, file), 'utf8'))
  .join('\n');

/** The messages of its log lines: after the level, up to a gap or the end of the quotation. */
const quoted = [...guide.matchAll(/(?:^|`)(?:info|warn|error) +([^\s`]+(?: [^\s`]+)*?)(?=$|`| {2,})/gm)].map(
  ([, line]) => line,
);

it('the guide to logout and cleanup quotes log lines that exist', () => {
  expect(quoted.length).toBeGreaterThan(10);
  expect(quoted.filter((line) => !source.includes(`'${line ?? ''}'`))).toEqual([]);
});
