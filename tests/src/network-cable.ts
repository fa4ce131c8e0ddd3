/** A cable between a server and its network that can be cut, and that knows what goes over it. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export type NetworkCable = AsyncDisposable & {
  /** Stays the same over cuts. */
  readonly port: number;
  /** When a connection began (1) or ended (-1), in ms since the epoch, in order. */
  readonly changes: readonly { at: number; by: 1 | -1 }[];
  /** Ends every connection, and refuses new ones until `mend`. */
  cut(): Promise<void>;
  mend(toPort: number): Promise<void>;
};

export async function layCable(toPort: number): Promise<NetworkCable> {
  const changes: { at: number; by: 1 | -1 }[] = [];
  const sockets = new Set<Socket>();
  let server: Server;
  let port = 0;

  const mend = async (target: number): Promise<void> => {
    server = createServer({ noDelay: true }, (near) => {
      const far = connect({ port: target, host: '127.0.0.1', noDelay: true });
      changes.push({ at: Date.now(), by: 1 });
      near.once('close', () => changes.push({ at: Date.now(), by: -1 }));
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(one);
        one
          .on('error', () => undefined)
          .once('close', () => {
            sockets.delete(one);
            other.destroy();
          });
        one.pipe(other);
      }
    });
    await once(server.listen(port, '127.0.0.1'), 'listening');
    ({ port } = server.address() as AddressInfo);
  };
  const cut = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await mend(toPort);
  return {
    port,
    changes,
    cut,
    mend,
    [Symbol.asyncDispose]: async () => {
      if (server.listening) await cut();
    },
  };
}
