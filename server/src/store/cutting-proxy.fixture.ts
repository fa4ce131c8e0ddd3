/** Stands between a store and its PostgreSQL, and cuts the connection at the worst moment. */
import { once } from 'node:events';
import { createServer, connect, type Socket } from 'node:net';

export type CuttingProxy = AsyncDisposable & {
  /** The URL of the database, by way of this proxy. */
  readonly url: string;
  /**
   * Cuts the next connection that commits: `before` the commit has left, or when it has arrived and `after` it took place, so that only the
   * answer is lost. Resolves when it was cut.
   */
  cutAtCommit(when: 'before' | 'after'): Promise<void>;
  /** Takes no connections, and cuts those that are there. */
  shut(): void;
  open(): void;
};

const COMMIT = Buffer.from('commit\0');

export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let isShut = false;
  let order: { when: 'before' | 'after'; done: () => void } | null = null;

  const server = createServer((near) => {
    if (isShut) {
      near.destroy();
      return;
    }
    const far = connect(Number(port), hostname);
    let answerIsLost: (() => void) | null = null;
    const end = (): void => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', end).on('close', () => {
        sockets.delete(socket);
        end();
      });
    }
    near.on('data', (bytes: Buffer) => {
      if (order && bytes.includes(COMMIT)) {
        const { when, done } = order;
        order = null;
        if (when === 'before') {
          end();
          done();
          return;
        }
        answerIsLost = done;
      }
      far.write(bytes);
    });
    far.on('data', (bytes: Buffer) => {
      // `C` of CommandComplete: what it tells of has taken place.
      if (!answerIsLost) near.write(bytes);
      else if (bytes.includes('COMMIT\0')) {
        end();
        answerIsLost();
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = new URL(target);
  url.port = String(typeof address === 'object' && address ? address.port : 0);

  const shut = (): void => {
    isShut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    cutAtCommit: (when) =>
      new Promise((resolve) => {
        order = { when, done: resolve };
      }),
    shut,
    open: () => {
      isShut = false;
    },
    async [Symbol.asyncDispose]() {
      shut();
      server.close();
      await once(server, 'close');
    },
  };
}
