/** A connection through a proxy. The proxy resolves the name of the destination: nothing of where a session goes leaves by another way. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { SocksClient } from 'socks';
import type { EngineProxy } from '../../../ports/engine.ts';

export type Destination = { host: string; port: number };

const CONNECT_LIMIT_MS = 20_000;

/** Rejects, and says of the proxy why, where it cannot be reached or refuses. */
export async function openTunnel(by: EngineProxy, to: Destination): Promise<Socket> {
  try {
    const [address] = await by.addresses();
    if (address === undefined) throw new Error('it has no address');
    return await (by.kind === 'socks5' ? bySocks(by, address, to) : byConnect(by, address, to));
  } catch (error) {
    const reason = error instanceof Error ? (codeOf(error) ?? error.message) : String(error);
    throw new Error(`the proxy ${by.host}:${by.port} gave no connection: ${reason}`, { cause: error });
  }
}

async function bySocks(by: EngineProxy, address: string, destination: Destination): Promise<Socket> {
  const credentials = by.credentials && { userId: by.credentials.user, password: by.credentials.password };
  const { socket } = await SocksClient.createConnection({
    proxy: { host: address, port: by.port, type: 5, ...(credentials ?? {}) },
    command: 'connect',
    destination,
    timeout: CONNECT_LIMIT_MS,
  });
  return socket;
}

function byConnect(by: EngineProxy, address: string, { host, port }: Destination): Promise<Socket> {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const request = by.kind === 'https' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => asked.destroy(new Error('it did not answer')), CONNECT_LIMIT_MS);
    const asked = request({
      host: address,
      port: by.port,
      ...(isIP(by.host) ? {} : { servername: by.host }),
      method: 'CONNECT',
      path: authority,
      agent: false,
      headers: { host: authority, ...authorization(by) },
    });
    asked.once('close', () => clearTimeout(limit));
    asked.once('error', reject);
    asked.once('connect', ({ statusCode }, socket: Socket, head: Buffer) => {
      clearTimeout(limit);
      if (statusCode !== 200) {
        socket.destroy();
        reject(new Error(`it answered ${statusCode}`));
        return;
      }
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    asked.once('response', (response) => {
      response.destroy();
      reject(new Error(`it answered ${response.statusCode}`));
    });
    asked.end();
  });
}

function authorization({ credentials }: EngineProxy): { 'proxy-authorization'?: string } {
  if (!credentials) return {};
  const { user, password } = credentials;
  return { 'proxy-authorization': `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
