import type { FastifyInstance, FastifyReply } from 'fastify';
import { openApiDocument } from '../openapi.ts';
import { readerHtml, readerScript } from '../api-reader.ts';
import { JSON_TYPE } from '../route.ts';
import { readerPolicy } from '../security-headers.ts';

/** The document, and a reader for people. Both are public. */
export function openApiRoutes(app: FastifyInstance, { version }: { version: string }): void {
  const config = { access: 'public' } as const;
  let document: string | null = null;
  const html = (reply: FastifyReply) =>
    reply
      .headers({ 'content-security-policy': readerPolicy, 'cache-control': 'no-cache' })
      .type('text/html; charset=utf-8')
      .send(readerHtml);

  app.get('/openapi.json', { config }, (_request, reply) => {
    document ??= JSON.stringify(openApiDocument(version));
    return reply.type(JSON_TYPE).send(document);
  });
  app.get('/docs', { config }, (_request, reply) => html(reply));
  app.get('/docs/', { config }, (_request, reply) => html(reply));
  app.get('/docs/reader.js', { config }, async (_request, reply) => {
    const compressed = await readerScript();
    return reply
      .headers({ 'cache-control': 'public, max-age=86400', 'content-encoding': 'gzip' })
      .type('text/javascript; charset=utf-8')
      .send(compressed);
  });
}
