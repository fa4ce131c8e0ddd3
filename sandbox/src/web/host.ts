import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import type { KeptRows } from '../store/kept-rows.ts';
import type { FromWebThread, WebThreadStart } from './protocol.ts';

/** Whoever connects under this name means the page. */
export const PAGE_HOST = 'web.whatsapp.com';

export type WebHostParts = {
  readonly networkUrl: () => string;
  readonly rootKey: string;
  readonly mediaCa: string;
  readonly rows: KeptRows;
  readonly onDeath: (error: unknown) => void;
};

/** Serves the stand-in of the WhatsApp Web page, by a thread of its own that begins with the first browser. */
export class WebHost {
  readonly #parts: WebHostParts;
  #thread: { worker: Worker; port: Promise<number> } | null = null;
  #isClosed = false;
  readonly #settled = Promise.withResolvers<undefined>();

  constructor(parts: WebHostParts) {
    this.#parts = parts;
  }

  /** A browser's connection, after its TLS handshake. */
  take(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    socket.pause();
    this.#port().then(
      (port) => {
        if (socket.destroyed) return;
        const there = connect(port, '127.0.0.1');
        there.on('error', () => socket.destroy());
        there.on('close', () => socket.destroy());
        socket.on('close', () => there.destroy());
        socket.pipe(there).pipe(socket);
      },
      () => socket.destroy(),
    );
  }

  /** Resolves when everything that was to be kept is. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const worker = this.#thread?.worker;
    if (!worker) return;
    worker.postMessage('settle');
    await this.#settled.promise;
    await worker.terminate();
  }

  #port(): Promise<number> {
    if (this.#isClosed) return Promise.reject(new Error('the network is closed'));
    this.#thread ??= this.#begin();
    return this.#thread.port;
  }

  #begin(): { worker: Worker; port: Promise<number> } {
    const { mediaCa, networkUrl, onDeath, rootKey, rows } = this.#parts;
    const start: WebThreadStart = { networkUrl: networkUrl(), rootKey, mediaCa, rows: rows.all() };
    const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: start });
    const port = Promise.withResolvers<number>();
    port.promise.catch(() => undefined);
    worker.on('message', (message: FromWebThread) => {
      if (message.type === 'put') rows.put(message.key, message.value);
      else if (message.type === 'listening') port.resolve(message.port);
      else this.#settled.resolve(undefined);
    });
    worker.on('error', (error) => {
      port.reject(error instanceof Error ? error : new Error(String(error)));
      if (this.#thread?.worker !== worker) return;
      this.#thread = null;
      onDeath(error);
    });
    worker.on('exit', () => {
      port.reject(new Error('the thread ended'));
      this.#settled.resolve(undefined);
    });
    // Who holds the network holds this too.
    worker.unref();
    return { worker, port: port.promise };
  }
}
