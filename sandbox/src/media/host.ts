import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { FaultOrders } from '../network/fault-orders.ts';
import type { Log } from '../network/world.ts';
import type { Blob } from '../store/blobs.ts';
import type { StoredFile } from './folder.ts';
import type { MediaStore, Uploader } from './store.ts';

export type HostParts = { readonly media: MediaStore; readonly faults: FaultOrders; readonly log: Log };

const UPLOAD = /^\/(?:mms|newsletter|product|pps)\/([a-z-]+)\/([\w-]{43})$/;
/** The largest document that the real network takes. */
export const LARGEST_FILE = 2 * 1024 ** 3;

/** The media host of the network: whoever was told how to may leave an encrypted file, and whoever knows its address fetch it. */
export function mediaHost(parts: HostParts): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    answer(parts, request, response).catch((error: unknown) => {
      if (error instanceof Turned && !response.headersSent) {
        refuse(response, error);
        return;
      }
      // The other side went away, or was cut off on purpose.
      parts.log.debug({ reason: error instanceof Error ? error.message : 'unknown' }, 'a media transfer broke off');
      response.destroy();
    });
  };
}

/** The request is not served, and why. */
class Turned extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function answer(parts: HostParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const address = URL.parse(request.url ?? '', 'https://host');
  if (address === null) throw new Turned(400, 'bad address');
  const upload = UPLOAD.exec(address.pathname);
  if (upload !== null && (request.method === 'POST' || request.method === 'PUT')) {
    const [, kind = '', token = ''] = upload;
    const taken = await takeUpload(parts, request, { kind, token, query: address.searchParams });
    sendJson(response, 200, taken);
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') throw new Turned(405, 'method not allowed');
  await giveFile(parts, request, response);
}

async function takeUpload(
  { media, faults }: HostParts,
  request: IncomingMessage,
  { kind, token, query }: { kind: string; token: string; query: URLSearchParams },
): Promise<object> {
  const uploader = media.uploaderOf(query.get('auth') ?? '');
  if (uploader === undefined) throw new Turned(401, 'unauthorized');
  const refusal = faults.takeMedia('media_refused', uploader);
  if (refusal?.kind === 'media_refused') throw new Turned(refusal.code, 'refused');
  const hostname = request.headers.host;
  const file = Buffer.from(token, 'base64url').toString('hex');
  if (query.get('resume') === '1') {
    const known = media.addressOf(uploader, file, hostname);
    return known === undefined ? { resume: 0 } : { resume: 'complete', ...named(known) };
  }
  if (Number(request.headers['content-length'] ?? 0) > LARGEST_FILE) throw new Turned(413, 'too large');
  const stored = await store(media, request, file);
  return named(media.register(uploader, kind, stored, hostname));
}

async function store(media: MediaStore, request: IncomingMessage, file: string): Promise<StoredFile> {
  try {
    return await media.folder.take(request, (stored) => {
      if (stored.file !== file) throw new Turned(400, 'the content is not what the address says');
    });
  } catch (error) {
    throw isFull(error) ? new Turned(507, 'no space left') : error;
  }
}

async function giveFile(
  { media, faults }: HostParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const blob = media.find(request.url ?? '');
  if (blob === undefined) throw new Turned(403, 'bad URL signature');
  const isGet = request.method === 'GET';
  const loss = isGet && blob.goneAs === undefined ? faults.takeMedia('media_gone', uploaderOf(blob)) : undefined;
  if (loss?.kind === 'media_gone') media.blobs.lose(blob.path, loss.code);
  const goneAs = loss?.kind === 'media_gone' ? loss.code : blob.goneAs;
  if (goneAs !== undefined || !media.folder.has(blob.file)) throw new Turned(goneAs ?? 404, 'gone');
  const range = rangeOf(request.headers.range, blob.bytes);
  if (range === undefined) {
    response.setHeader('content-range', `bytes */${blob.bytes}`);
    throw new Turned(416, 'no such range');
  }
  const { start, end, partial } = range;
  response.writeHead(partial ? 206 : 200, {
    'content-type': 'application/octet-stream',
    'content-length': end - start + 1,
    'accept-ranges': 'bytes',
    ...(partial ? { 'content-range': `bytes ${start}-${end}/${blob.bytes}` } : {}),
  });
  if (isGet) await send(media, faults, blob, { start, end }, response);
  else response.end();
}

function uploaderOf({ owner, device }: Blob): Uploader {
  return { phone: owner, device };
}

async function send(
  media: MediaStore,
  faults: FaultOrders,
  blob: Blob,
  { start, end }: { start: number; end: number },
  response: ServerResponse,
): Promise<void> {
  const owner = uploaderOf(blob);
  const slow = faults.takeMedia('media_slow', owner);
  if (slow?.kind === 'media_slow') {
    response.flushHeaders();
    await pause(slow.ms, undefined, { ref: false });
  }
  if (faults.takeMedia('media_cut', owner) !== undefined) {
    const half = start + Math.floor((end - start) / 2);
    await pipeline(media.folder.read(blob.file, { start, end: half }), response, { end: false });
    await flushed(response);
    response.destroy();
    return;
  }
  const content: Readable = media.folder.read(blob.file, { start, end });
  await pipeline(content, response);
  media.blobs.countDownload(blob.path);
}

/** So that the half of a file that was promised is on its way before the rest is cut off. */
function flushed(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (!response.writableNeedDrain) response.write('', () => resolve());
    else response.once('drain', resolve);
  });
}

/** One range, or the whole; undefined for one that the file does not have. */
function rangeOf(
  header: string | undefined,
  bytes: number,
): { start: number; end: number; partial: boolean } | undefined {
  const match = header === undefined ? null : /^bytes=(\d+)-(\d*)$/.exec(header);
  if (match === null) return { start: 0, end: bytes - 1, partial: false };
  const start = Number(match[1]);
  const end = match[2] === '' ? bytes - 1 : Math.min(Number(match[2]), bytes - 1);
  return start > end ? undefined : { start, end, partial: true };
}

function named({ url, directPath }: { url: string; directPath: string }): object {
  return { url, direct_path: directPath };
}

function refuse(response: ServerResponse, { status, message }: Turned): void {
  // What is still to come of a refused upload is not read.
  response.setHeader('connection', 'close');
  sendJson(response, status, { error: { code: status, message } });
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}
