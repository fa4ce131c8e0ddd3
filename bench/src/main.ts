/** `npm run bench`: figures of the server, each beside the raw library in the same run. JSON lines as they come, a table at the end. */
import { cpus } from 'node:os';
import { type Figure, isReached, jsonLine } from './figure.ts';
import { type Options, readOptions, usage } from './options.ts';
import { run } from './run.ts';
import { tableOf } from './table.ts';

const begun = performance.now();
const seconds = () => Math.round((performance.now() - begun) / 1000);

/** Somebody wants it to end: nothing is wrong. */
class Interruption extends Error {}

const interrupted = Promise.withResolvers<never>();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => interrupted.reject(new Interruption(`Ended by ${signal}.`)));
}
// What a killed process leaves unanswered must not end this one before the others are ended too.
process.on('unhandledRejection', (reason) =>
  interrupted.reject(reason instanceof Error ? reason : new Error('unknown')),
);

const figures: Figure[] = [];
const listener = {
  report: (figure: Figure) => {
    figures.push(figure);
    console.log(jsonLine(figure));
  },
  progress: (sentence: string) => console.error(`${String(seconds()).padStart(4)} s  ${sentence}`),
};

const options = askedFor(process.argv.slice(2));
try {
  await using resources = new AsyncDisposableStack();
  await Promise.race([run(options, resources, listener), interrupted.promise]);
} catch (error) {
  console.error(error instanceof Interruption ? error.message : error);
  process.exitCode = 1;
}
if (figures.length > 0) {
  const judged = figures.filter((figure) => isReached(figure) !== null);
  const reached = judged.filter((figure) => isReached(figure) === true);
  console.log(`\n${tableOf(figures)}`);
  console.log(`\n${reached.length} of ${judged.length} required figures reached`);
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, ${seconds()} s`);
}
process.exit();

function askedFor(args: readonly string[]): Options {
  if (args.includes('--help')) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return readOptions(args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exit(1);
  }
}
