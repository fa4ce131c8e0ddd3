/** The thread in which the clients behind the web pages run; it serves the page and speaks with it, on a port of its own. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setDefaultCACertificates } from 'node:tls';
import { parentPort, workerData } from 'node:worker_threads';
import { type WebSocket, WebSocketServer } from 'ws';
import { trustInThisThread } from '../companion/own-thread.ts';
import { Rows } from '../companion/rows.ts';
import { Companion } from './companion.ts';
import type { FromPage, FromWebThread, ToPage, WebThreadStart } from './protocol.ts';

const PAGE = join(import.meta.dirname, 'public');
const FILES: Readonly<Record<string, readonly [name: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/stand-in/page.js': ['page.js', 'text/javascript'],
  '/stand-in/models.js': ['models.js', 'text/javascript'],
  '/stand-in/modules.js': ['modules.js', 'text/javascript'],
  '/stand-in/media.js': ['media.js', 'text/javascript'],
  '/stand-in/bridge.js': ['bridge.js', 'text/javascript'],
};

const { networkUrl, rootKey, mediaCa, rows: stored } = workerData as WebThreadStart;
trustInThisThread(rootKey);
setDefaultCACertificates([mediaCa]);

const tell = (message: FromWebThread): void => parentPort?.postMessage(message);
const rows = new Rows(stored, (key, value) => tell({ type: 'put', key, value }));
/** By login: a second page of the same profile takes over. */
const companions = new Map<string, { companion: Companion; tellPage: (message: ToPage) => void }>();

const http = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    if (!response.headersSent) response.writeHead(500);
    response.end(String(error));
  });
});
const sockets = new WebSocketServer({ server: http, path: '/stand-in/bridge' });
sockets.on('connection', (socket) => carry(socket));
http.listen(0, '127.0.0.1', () => tell({ type: 'listening', port: (http.address() as AddressInfo).port }));

// The only order there is: nothing is to be changed any more, and what was is to be kept.
parentPort?.on('message', () => {
  const ends = [...companions.values()].map(({ companion }) => companion.end());
  void Promise.allSettled(ends).then(() => tell({ type: 'settled' }));
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'https://page');
  const file = FILES[pathname];
  if (file && request.method === 'GET') {
    response.writeHead(200, { 'content-type': file[1], 'cache-control': 'no-store' });
    response.end(readFileSync(join(PAGE, file[0])));
    return;
  }
  const companion = companions.get(String(request.headers['x-login']))?.companion;
  if (pathname === '/stand-in/files' && request.method === 'POST' && companion) {
    const [kind, mimetype] = [searchParams.get('kind') ?? '', searchParams.get('mimetype') ?? ''];
    response.end(await companion.upload({ kind, mimetype, bytes: await buffer(request) }));
    return;
  }
  const id = /^\/stand-in\/media\/([^/]+)$/.exec(pathname)?.[1];
  const bytes = id === undefined || !companion ? null : await companion.download(id);
  response.writeHead(bytes === null ? 404 : 200);
  response.end(bytes);
}

function carry(socket: WebSocket): void {
  let companion: Companion | null = null;
  let login = '';
  const tellPage = (message: ToPage): void => {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
  };
  socket.on('error', () => socket.terminate());
  socket.on('message', (data) => {
    const asked = JSON.parse((data as Buffer).toString()) as FromPage;
    if (asked.type === 'hello') {
      login = asked.login;
      const before = companions.get(login);
      companion = new Companion(networkUrl, rows, login, tellPage);
      companions.set(login, { companion, tellPage });
      before?.tellPage({ type: 'state', state: 'CONFLICT' });
      const own = companion;
      own.tellKept();
      void (before?.companion.end() ?? Promise.resolve()).then(() => own.start());
      return;
    }
    if (!companion) return;
    const ref = 'ref' in asked ? asked.ref : null;
    obey(companion, asked).then(
      (value) => ref !== null && tellPage({ type: 'answer', ref, value }),
      (error: unknown) => ref !== null && tellPage({ type: 'answer', ref, error: String(error) }),
    );
  });
  socket.on('close', () => {
    if (companions.get(login)?.companion === companion) companions.delete(login);
    void companion?.end();
  });
}

async function obey(companion: Companion, asked: Exclude<FromPage, { type: 'hello' }>): Promise<unknown> {
  switch (asked.type) {
    case 'send':
      return companion.send(asked.id, asked.to, asked.content);
    case 'exists':
      return companion.exists(asked.wid);
    case 'code':
      return companion.pairingCode(asked.phone);
    case 'message':
      return companion.messageOf(asked.id);
    case 'seen':
      return companion.markRead(asked.chat);
    case 'logout':
      return companion.logOut();
    case 'refreshQr':
      return companion.refreshQr();
  }
}
