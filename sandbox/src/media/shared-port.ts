import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { HostIdentity } from './authority.ts';

/** The first byte of every TLS connection. */
const TLS_HANDSHAKE = 0x16;

/** What is served with TLS: files, and to whoever names `page.host` in the handshake something else, from there on. */
export type Secured = {
  readonly media: RequestListener;
  readonly page: { readonly host: string; take(socket: Socket): void };
};

/**
 * Lets one port serve both: what `server` does without TLS, and the media host with it. So a network has one address, and
 * files are where they were after a restart on the same port. Answers what ends the connections that `server` does not know of.
 */
export function sharePort(server: Server, identity: HostIdentity, { media, page }: Secured): { cut: () => void } {
  // A large file on a slow line takes longer than any limit that would make sense here.
  const tls = createServer({ ...identity, requestTimeout: 0 }, media);
  const files = tls.listeners('secureConnection') as ((socket: TLSSocket) => void)[];
  tls.removeAllListeners('secureConnection');
  tls.on('secureConnection', (socket) => {
    if ((socket as TLSSocket & { servername?: string }).servername === page.host) page.take(socket);
    else for (const listener of files) listener.call(tls, socket);
  });
  // A client that does not trust us says so and hangs up.
  tls.on('tlsClientError', (_error, socket) => socket.destroy());
  const plain = server.listeners('connection') as ((socket: Socket) => void)[];
  const sockets = new Set<Socket>();
  const onError = function (this: Socket): void {
    this.destroy();
  };
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', onError);
    socket.once('data', (first: Buffer) => {
      socket.pause();
      socket.unshift(first);
      if (first[0] === TLS_HANDSHAKE) {
        tls.emit('connection', socket);
        return;
      }
      socket.off('error', onError);
      sockets.delete(socket);
      for (const listener of plain) listener.call(server, socket);
      process.nextTick(() => socket.resume());
    });
  });
  return {
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}
