import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const MAIN = new URL('../main.ts', import.meta.url).pathname;

/** The network in a process of its own, to be killed. */
export class SandboxProcess implements AsyncDisposable {
  readonly url: string;
  readonly controlUrl: string;
  readonly rootKey: string;
  /** The file with the authority of the media host. */
  readonly caFile: string;
  static readonly #running = new Set<SandboxProcess>();
  readonly #child: ChildProcess;

  static async start(folder: string | undefined, port = 0): Promise<SandboxProcess> {
    const data = folder === undefined ? [] : ['--data', folder];
    const child = spawn(process.execPath, [MAIN, '--port', String(port), ...data], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const values: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      values.push(line.slice(line.indexOf('=') + 1));
      if (values.length === 3) break;
    }
    const [url, rootKey, caFile] = values;
    if (url === undefined || rootKey === undefined || caFile === undefined)
      throw new Error('the sandbox did not start');
    return new SandboxProcess(child, url, rootKey, caFile);
  }

  private constructor(child: ChildProcess, url: string, rootKey: string, caFile: string) {
    this.#child = child;
    this.url = url;
    this.rootKey = rootKey;
    this.caFile = caFile;
    this.controlUrl = `http://${new URL(url).host}`;
    SandboxProcess.#running.add(this);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Answers the exit code, or the signal that ended it. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | string | null> {
    SandboxProcess.#running.delete(this);
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode;
    const exit = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exit;
    const { exitCode, signalCode } = this.#child as { exitCode: number | null; signalCode: string | null };
    return exitCode ?? signalCode;
  }

  /** What a test left running when it failed. */
  static async endAll(): Promise<void> {
    await Promise.all(Array.from(SandboxProcess.#running, (running) => running.end('SIGKILL')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
  }
}
