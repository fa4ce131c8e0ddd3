/** The files of the first page, read once: they are few and small, and nothing else of the disk can be asked for. */
import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { pagePolicy } from './security-headers.ts';

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/** Pages that have a shorter address as well. */
const addresses: Readonly<Record<string, string>> = { 'index.html': '/', 'setup.html': '/setup' };

/** Serves each file of the folder under its name. */
export function pageFiles(app: FastifyInstance, folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const type = mediaTypes[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const content = readFileSync(join(folder, entry.name));
    serve(app, `/${entry.name}`, type, content);
    const address = addresses[entry.name];
    if (address !== undefined) serve(app, address, type, content);
  }
}

function serve(app: FastifyInstance, url: string, type: string, content: Buffer): void {
  const etag = `"${hash('sha256', content).slice(0, 16)}"`;
  app.get(url, { config: { access: 'public' } }, (request, reply) => {
    // Asked anew each time, sent anew only when it changed.
    reply.headers({ 'content-security-policy': pagePolicy, 'cache-control': 'no-cache', etag });
    return request.headers['if-none-match'] === etag ? reply.code(304).send() : reply.type(type).send(content);
  });
}
