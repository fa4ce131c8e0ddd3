/**
 * Loaded into a server by `--import`: changes the source of single modules before they run, so that a test can show that it notices when a rule
 * is missing. `MUTATIONS` is JSON, `[{file, from, to}]`; a text that is not there exactly once ends the process: the rule has moved, and the test
 * must follow it.
 */
import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';

export type Mutation = { file: string; from: string; to: string };

const mutations = JSON.parse(process.env.MUTATIONS ?? '[]') as Mutation[];

registerHooks({
  load(url, context, nextLoad) {
    const wanted = mutations.filter(({ file }) => url.endsWith(`/${file}`));
    if (wanted.length === 0) return nextLoad(url, context);
    let source = readFileSync(fileURLToPath(url), 'utf8');
    for (const { file, from, to } of wanted) {
      if (source.split(from).length !== 2) {
        process.stderr.write(`${file} does not hold exactly once: ${from}\n`);
        process.exit(1);
      }
      source = source.replace(from, () => to);
    }
    return { format: 'module', source: stripTypeScriptTypes(source), shortCircuit: true };
  },
});
