/** A listener that nothing may reach, and one that may be reached, for tests. */
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';

export type Canary = AsyncDisposable & {
  readonly port: number;
  /** How many connections it got. */
  connections(): number;
};

/** Listens at one port of each of these loopback addresses; one that this machine does not have is left out. */
export async function startCanary(addresses: readonly string[] = ['127.0.0.1', '::1']): Promise<Canary> {
  let connections = 0;
  const servers: Server[] = [];
  let port = 0;
  for (const address of addresses) {
    const server = createServer((socket) => {
      connections += 1;
      socket.on('error', () => undefined).resume();
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\nreach!');
    });
    if (!(await listens(server, address, port))) continue;
    servers.push(server);
    port = (server.address() as AddressInfo).port;
  }
  return {
    port,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

async function listens(server: Server, host: string, port: number): Promise<boolean> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRNOTAVAIL') return false;
    throw error;
  }
}

export type TestHost = AsyncDisposable & { readonly port: number };

/** A server that answers as the test says. */
export async function startHost(answer: RequestListener, host = '127.0.0.1'): Promise<TestHost> {
  const server = createHttpServer(answer);
  server.listen(0, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
