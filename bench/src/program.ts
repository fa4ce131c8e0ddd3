/** A program of ours as a process of its own: waited for by what it prints, ended by its own pid. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export type Program = AsyncDisposable & {
  readonly process: ChildProcess;
  readonly pid: number;
  /** When it was started, on the clock of `performance.now()`. */
  readonly startedAt: number;
  /** The first group of the first line that fits. Rejects with the output when the program ends before, or after a minute. */
  printed(pattern: RegExp): Promise<string>;
  /** Rejects when the program ends without being told to; never resolves. */
  readonly failed: Promise<never>;
  /** SIGTERM, then SIGKILL where that does not end it within 20 s. */
  stop(): Promise<void>;
};

export type ProgramOptions = {
  readonly file: string;
  readonly args?: readonly string[];
  /** Arguments of Node itself. */
  readonly nodeArgs?: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** With a channel for messages. */
  readonly ipc?: boolean;
};

/** Of what a program says, the beginning (where it listens) and the end (why it failed) are of interest. */
const KEPT_OUTPUT = 8_192;

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Ends whatever still runs: what a run that was broken off had just begun is owned by nobody else. */
export async function stopPrograms(): Promise<void> {
  await Promise.all(
    [...running].map(async (child) => {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }),
  );
}

export function startProgram({ file, args = [], nodeArgs = [], cwd, env = {}, ipc = false }: ProgramOptions): Program {
  const { PATH = '', HOME = '', TMPDIR = '' } = process.env;
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...nodeArgs, file, ...args], {
    cwd,
    env: { PATH, HOME, ...(TMPDIR && { TMPDIR }), ...env },
    stdio: ['ignore', 'pipe', 'pipe', ...(ipc ? (['ipc'] as const) : [])],
    serialization: 'advanced',
  });
  running.add(child);

  let beginning = '';
  let end = '';
  const output = () => (end === '' ? beginning : `${beginning}\n[…]\n${end}`);
  const listeners = new Set<(text: string) => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      for (const listen of listeners) listen(text);
      if (beginning.length < KEPT_OUTPUT) beginning += text;
      else end = (end + text).slice(-KEPT_OUTPUT);
    });
  }

  let told = false;
  const ended = once(child, 'close').then(() => void running.delete(child));
  const failed = ended.then(() => {
    const how = child.signalCode ?? `exit code ${String(child.exitCode)}`;
    if (told) return new Promise<never>(() => {});
    throw new Error(`${file} ended (${how}):\n${output()}`);
  });
  // Whoever waits for the program hears of it; where nobody does, the end was not a failure of a measurement.
  failed.catch(() => {});

  const stop = async () => {
    told = true;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await ended;
    clearTimeout(timer);
  };

  const printed = async (pattern: RegExp) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    let text = '';
    const listen = (more: string) => {
      text += more;
      // Whole lines only: the end of what has arrived may be the middle of a port number.
      const found = pattern.exec(text.slice(0, text.lastIndexOf('\n') + 1))?.[1];
      if (found !== undefined) resolve(found);
    };
    listeners.add(listen);
    listen(beginning);
    const timer = setTimeout(() => reject(new Error(`${file} did not print ${String(pattern)}:\n${output()}`)), 60_000);
    try {
      return await Promise.race([promise, failed]);
    } finally {
      clearTimeout(timer);
      listeners.delete(listen);
    }
  };

  return { process: child, pid: child.pid ?? -1, startedAt, printed, failed, stop, [Symbol.asyncDispose]: stop };
}
