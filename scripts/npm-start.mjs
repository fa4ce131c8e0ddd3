// What `npm start` hands to Node before the file that it runs, for everyone who starts the server the same way. Runs on whatever Node the machine has.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

export const nodeArgsOfStart = readStart();

function readStart() {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const [, args] = /^exec node (.+) \S+$/.exec(scripts.start) ?? [];
  if (args === undefined) throw new Error(`The script "start" reads otherwise than expected: ${scripts.start}`);
  return args.split(' ').map((arg) => (arg.startsWith('./') ? join(root, arg) : arg));
}
