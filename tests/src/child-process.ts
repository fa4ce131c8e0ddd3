/** A program of ours as a process of its own: started, waited for by what it prints, ended by its own pid. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { nodeArgsOfStart } from '../../scripts/npm-start.mjs';

export type Child = ChildProcessByStdio<null, Readable, Readable>;

export type RunningProgram = AsyncDisposable & {
  readonly process: Child;
  /** Everything printed until now, both streams in the order of their arrival. */
  output(): string;
  /** The first group of the first match in the output; rejects with the output when the program ends or `ms` pass without one. */
  printed(pattern: RegExp, ms?: number): Promise<string>;
  /** Resolves with the exit code when the program has ended; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** SIGTERM, and SIGKILL when that does not end it within 20 s. Answers the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL: no chance to tidy up. */
  kill(): Promise<void>;
};

export type ProgramOptions = {
  args?: readonly string[];
  cwd: string;
  env?: Readonly<Record<string, string>>;
};

/** Whatever still runs when the tests end is ended with them: an aborted run leaves no process behind. */
const running = new Set<Child>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Runs a TypeScript file on this Node, with the flags of `npm start`. Only PATH, HOME and the temp folder come from our own environment. */
export function startProgram(file: string, { args = [], cwd, env = {} }: ProgramOptions): RunningProgram {
  const { PATH = '', HOME = '', TMPDIR = '' } = process.env;
  const child: Child = spawn(process.execPath, [...nodeArgsOfStart, file, ...args], {
    cwd,
    env: { PATH, HOME, ...(TMPDIR && { TMPDIR }), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);

  let output = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const listen of listeners) listen();
    });
  }
  const ended = once(child, 'close').then(([code]: unknown[]) => {
    running.delete(child);
    for (const listen of listeners) listen();
    return typeof code === 'number' ? code : null;
  });

  const printed = (pattern: RegExp, ms = 30_000) =>
    new Promise<string>((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        listeners.delete(look);
        act();
      };
      const look = () => {
        // Whole lines only: the end of what has arrived may be the middle of a port number.
        const found = pattern.exec(output.slice(0, output.lastIndexOf('\n') + 1))?.[1];
        if (found !== undefined) settle(() => resolve(found));
        else if (!running.has(child))
          settle(() =>
            reject(new Error(`${file} ended (${exitOf(child)}) before it printed ${String(pattern)}:\n${output}`)),
          );
      };
      const timer = setTimeout(
        () => settle(() => reject(new Error(`${file} did not print ${String(pattern)} within ${ms} ms:\n${output}`))),
        ms,
      );
      listeners.add(look);
      look();
    });

  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    const code = await ended;
    clearTimeout(timer);
    return code;
  };
  return {
    process: child,
    output: () => output,
    printed,
    ended,
    stop,
    kill,
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
}

function exitOf(child: Child): string {
  return child.signalCode ?? `exit code ${String(child.exitCode)}`;
}
