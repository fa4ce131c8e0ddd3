/** Proxies to test with, and a door in front of a network that counts who comes through it. */
import { createServer as createHttpServer, type IncomingMessage, type Server as HttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { EngineProxy } from '../ports/engine.ts';

export type ProxyKind = 'http' | 'socks5';

const CREDENTIALS = { user: 'ana', password: 'p@ss:word' };

/** Lets nobody through without user and password. */
export class TestProxy implements AsyncDisposable {
  readonly kind: ProxyKind;
  /** Where each connection through it went, as the client named it. */
  readonly destinations: string[] = [];
  refusals = 0;
  readonly #server: HttpServer | Server;
  readonly #sockets = new Set<Socket>();
  #port = 0;

  static async open(kind: ProxyKind): Promise<TestProxy> {
    const proxy = new TestProxy(kind);
    await proxy.listen();
    return proxy;
  }

  private constructor(kind: ProxyKind) {
    this.kind = kind;
    if (kind === 'http') {
      const server = createHttpServer((_request, response) => response.writeHead(405).end());
      server.on('connect', (request: IncomingMessage, socket: Socket) => this.#byConnect(request, socket));
      this.#server = server;
    } else {
      this.#server = createServer((socket) => void this.#bySocks(socket));
    }
    this.#server.on('connection', (socket: Socket) => this.#note(socket));
  }

  /** As a session has it. */
  get address(): EngineProxy {
    const { kind } = this;
    return {
      ...{ kind, host: 'proxy.test', port: this.#port, credentials: CREDENTIALS },
      addresses: () => Promise.resolve(['127.0.0.1']),
    };
  }

  get url(): string {
    return `${this.kind}://${CREDENTIALS.user}:${encodeURIComponent(CREDENTIALS.password)}@127.0.0.1:${this.#port}`;
  }

  /** Also again, at the same port. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Cuts everybody off. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.close();
  }

  #byConnect(request: IncomingMessage, socket: Socket): void {
    const wanted = `Basic ${Buffer.from(`${CREDENTIALS.user}:${CREDENTIALS.password}`).toString('base64')}`;
    if (request.headers['proxy-authorization'] !== wanted) {
      this.refusals += 1;
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    this.#lead(socket, request.url ?? '', 'HTTP/1.1 200 Connection established\r\n\r\n');
  }

  async #bySocks(socket: Socket): Promise<void> {
    try {
      const [, methods = 0] = await take(socket, 2);
      await take(socket, methods);
      socket.write(Buffer.from([5, 2]));
      const [, userLength = 0] = await take(socket, 2);
      const user = await take(socket, userLength);
      const [passwordLength = 0] = await take(socket, 1);
      const password = await take(socket, passwordLength);
      if (user.toString() !== CREDENTIALS.user || password.toString() !== CREDENTIALS.password) {
        this.refusals += 1;
        socket.end(Buffer.from([1, 1]));
        return;
      }
      socket.write(Buffer.from([1, 0]));
      const [, , , type = 0] = await take(socket, 4);
      const host = type === 1 ? [...(await take(socket, 4))].join('.') : await takeName(socket);
      const port = (await take(socket, 2)).readUInt16BE();
      this.#lead(socket, `${host}:${port}`, Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
    } catch {
      socket.destroy();
    }
  }

  #lead(socket: Socket, destination: string, answer: string | Buffer): void {
    this.destinations.push(destination);
    const split = destination.lastIndexOf(':');
    const onward = connect(Number(destination.slice(split + 1)), destination.slice(0, split), () => {
      socket.write(answer);
      socket.pipe(onward).pipe(socket);
    });
    this.#note(onward);
    onward.on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  }

  #note(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
  }
}

/** Stands in front of `host:port` and counts the connections that come. */
export class CountingDoor implements AsyncDisposable {
  visits = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  static async before(target: string): Promise<CountingDoor> {
    const { hostname, port } = new URL(target);
    const door = new CountingDoor(hostname, Number(port));
    await new Promise<void>((resolve) => door.#server.listen(0, '127.0.0.1', resolve));
    return door;
  }

  private constructor(host: string, port: number) {
    this.#server = createServer((socket) => {
      this.visits += 1;
      const onward = connect(port, host);
      for (const one of [socket, onward]) {
        this.#sockets.add(one);
        one.on('error', () => undefined);
        one.on('close', () => {
          this.#sockets.delete(one);
          socket.destroy();
          onward.destroy();
        });
      }
      socket.pipe(onward).pipe(socket);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

async function takeName(socket: Socket): Promise<string> {
  const [length = 0] = await take(socket, 1);
  return (await take(socket, length)).toString();
}

async function take(socket: Socket, length: number): Promise<Buffer> {
  for (;;) {
    const bytes: unknown = length === 0 ? Buffer.alloc(0) : socket.read(length);
    if (Buffer.isBuffer(bytes)) return bytes;
    if (socket.destroyed || socket.readableEnded) throw new Error('gone');
    await new Promise<void>((resolve) => {
      socket.once('readable', () => resolve());
      socket.once('close', () => resolve());
    });
  }
}
