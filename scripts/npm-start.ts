/** What `npm start` hands to Node before the file that it runs, for everyone who starts the server the same way. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

/** From package.json, with paths that hold in every working folder. */
export const nodeArgsOfStart: readonly string[] = readStart();

function readStart(): string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: { start: string } };
  const [, args] = /^exec node (.+) \S+$/.exec(scripts.start) ?? [];
  if (args === undefined) throw new Error(`The script "start" reads otherwise than expected: ${scripts.start}`);
  return args.split(' ').map((arg) => (arg.startsWith('./') ? join(root, arg) : arg));
}
