/** Hands a file out as browsers and players want it: in parts, again only when it changed, and never as something they could run. */
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GatewayError } from '../domain/gateway-error.ts';
import { bareType, type MediaRecord } from '../domain/media.ts';
import type { OpenedMedia } from '../messages/media/library-api.ts';
import { written } from './route.ts';

/** What a browser shows without running anything. All else it only saves. */
const SHOWN = /^(image\/(jpeg|png|gif|webp|avif|bmp)|audio\/[\w.+-]+|video\/[\w.+-]+|text\/plain)$/;
const TYPE = /^[\w.+-]{1,100}\/[\w.+-]{1,100}(; ?[\w.+-]{1,50}="?[\w.+-]{1,50}"?)*$/;

/** The end is part of it. */
type Range = { from: number; to: number };

/** Answers 200, 206 or 304; throws `range_not_satisfiable`. `expiresAt` in ms since the epoch. */
export function fileAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  { record, size, read }: OpenedMedia,
  maxAgeS: number,
) {
  const etag = `"${record.sha256 ?? record.id}"`;
  const always = {
    etag,
    'accept-ranges': 'bytes',
    'cache-control': `private, max-age=${Math.max(0, Math.floor(maxAgeS))}, immutable`,
    'content-disposition': dispositionOf(record),
    // Nothing in it may run, call out, or act as a page of this server.
    'content-security-policy': "default-src 'none'; style-src 'none'; sandbox",
    // Whoever has the address may show it in a page of his own.
    'cross-origin-resource-policy': 'cross-origin',
  };
  const type = TYPE.test(record.mimetype) ? record.mimetype : 'application/octet-stream';
  if (matches(request.headers['if-none-match'], etag)) return written(304, type, '', always);

  const range = rangeOf(request.headers, etag, size);
  if (range === 'unsatisfiable') {
    reply.header('content-range', `bytes */${size}`);
    throw new GatewayError('range_not_satisfiable', undefined, { size });
  }
  const part = range ?? { from: 0, to: size - 1 };
  const headers = { ...always, 'content-length': String(part.to - part.from + 1) };
  // The answer to HEAD takes its headers from here, and reads nothing.
  const body = Readable.from(request.method === 'HEAD' || size === 0 ? [] : read(part), { objectMode: false });
  return range
    ? written(206, type, body, { ...headers, 'content-range': `bytes ${range.from}-${range.to}/${size}` })
    : written(200, type, body, headers);
}

/** One range; several in one answer are not worth their trouble, and a server may always answer the whole. */
function rangeOf(headers: FastifyRequest['headers'], etag: string, size: number): Range | 'unsatisfiable' | null {
  const { range } = headers;
  const condition = headers['if-range'];
  if (range === undefined || (condition !== undefined && condition !== etag)) return null;
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range.trim()) ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return null;
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return null;
  return from >= size || from > to ? 'unsatisfiable' : { from, to };
}

function matches(header: string | undefined, etag: string): boolean {
  return (header ?? '').split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag);
}

/** RFC 6266: a name that any client can read, and beside it the one that is meant. */
export function dispositionOf({ id, mimetype, filename }: Pick<MediaRecord, 'id' | 'mimetype' | 'filename'>): string {
  const how = SHOWN.test(bareType(mimetype)) ? 'inline' : 'attachment';
  const name = filename ?? `${id}${extensions[bareType(mimetype)] ?? ''}`;
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const extended = plain === name ? '' : `; filename*=UTF-8''${encoded(name)}`;
  return `${how}; filename="${plain}"${extended}`;
}

/** Also the characters that RFC 8187 does not allow and `encodeURIComponent` leaves. */
function encoded(name: string): string {
  return encodeURIComponent(name).replace(/['()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** For files whose sender named none. */
const extensions: Readonly<Record<string, string>> = {
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'image/gif': '.gif',
  'image/webp': '.webp',
  'video/mp4': '.mp4',
  'video/3gpp': '.3gp',
  'audio/ogg': '.ogg',
  'audio/mpeg': '.mp3',
  'audio/mp4': '.m4a',
  'audio/aac': '.aac',
  'application/pdf': '.pdf',
  'text/plain': '.txt',
};
