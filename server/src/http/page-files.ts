/** The files of the dashboard, read once: they are few, and nothing else of the disk can be asked for. */
import { hash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { pagePolicy } from './security-headers.ts';

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};
const compressible = new Set(['.html', '.js', '.css', '.svg']);

/** One page answers all of these; it sees by the address what to show. One-time addresses in the hands of people name the last three. */
const addresses = ['/', '/app', '/app/*', '/setup', '/invitation.html', '/pair.html'];
const NOT_BUILT = 'The dashboard is not built. `npm start` builds it; so does `node scripts/setup.mjs --dashboard`.\n';

/** Serves each file of the folder under its name, and its `index.html` under the addresses of the dashboard. */
export function pageFiles(app: FastifyInstance, folder: string): void {
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
  for (const name of files) {
    const type = mediaTypes[extname(name)];
    if (type === undefined) continue;
    const answer = answerOf(join(folder, name), type);
    for (const url of name === 'index.html' ? addresses : [`/${name.split(sep).join('/')}`]) serve(app, url, answer);
  }
  if (files.includes('index.html')) return;
  for (const url of addresses) serve(app, url, (_, reply) => reply.code(503).type('text/plain').send(NOT_BUILT));
}

type AnswerWith = (request: FastifyRequest, reply: FastifyReply) => FastifyReply;

function serve(app: FastifyInstance, url: string, answer: AnswerWith): void {
  app.get(url, { config: { access: 'public' } }, answer);
}

function answerOf(path: string, type: string): AnswerWith {
  const content = readFileSync(path);
  const gzipped = compressible.has(extname(path)) ? gzipSync(content) : null;
  // The build lays these beside its scripts and styles: to make them takes long.
  const brotli = existsSync(`${path}.br`) ? readFileSync(`${path}.br`) : null;
  const etag = `"${hash('sha256', content).slice(0, 16)}"`;
  // Names of built files change with their content; the others are asked for anew each time, and sent anew only when they changed.
  const cache = path.includes(`${sep}assets${sep}`) ? 'public, max-age=31536000, immutable' : 'no-cache';
  return (request, reply) => {
    reply.headers({ 'content-security-policy': pagePolicy, 'cache-control': cache, etag, vary: 'accept-encoding' });
    if (request.headers['if-none-match'] === etag) return reply.code(304).send();
    const accepted = request.headers['accept-encoding'] ?? '';
    if (brotli !== null && /\bbr\b/.test(accepted))
      return reply.type(type).header('content-encoding', 'br').send(brotli);
    if (gzipped !== null && /\bgzip\b/.test(accepted))
      return reply.type(type).header('content-encoding', 'gzip').send(gzipped);
    return reply.type(type).send(content);
  };
}
