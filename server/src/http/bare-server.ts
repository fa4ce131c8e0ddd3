/** The HTTP server before it has routes: limits, headers, bodies and errors. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { GatewayError } from '../domain/gateway-error.ts';
import type { Log } from '../ports/log.ts';
import { handleErrors, hangUp, refuseGarbage, sendFrameworkError } from './error-handler.ts';
import { securityHeaders } from './security-headers.ts';

const BODY_LIMIT = 1_048_576;
/** For the headers of a request, and then for its body, to arrive; not for its answer to leave. Files may take longer. */
const ARRIVES_WITHIN_MS = 60_000;
/** How often Node looks for headers that are late. */
const CHECKED_EVERY_MS = 15_000;
/** Longer than any id or name, so that the routes themselves can say what is wrong with one. */
const PARAM_LIMIT = 2000;

/**
 * A route that does not say who may call it is refused. `trusted`: addresses of proxies whose word on where a request came from counts.
 */
export function bareServer(
  log: Log,
  trusted: readonly string[] = [],
  arrivesWithinMs = ARRIVES_WITHIN_MS,
): FastifyInstance {
  const process = randomBytes(4).toString('hex');
  let requests = 0;
  const app = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    // Node's own limit is one for all requests, and a large file over a slow line would fall under it.
    requestTimeout: 0,
    http: { connectionsCheckingInterval: Math.min(CHECKED_EVERY_MS, arrivesWithinMs) },
    trustProxy: trusted.length > 0 ? [...trusted] : false,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: PARAM_LIMIT },
    genReqId: () => `${process}-${(requests += 1)}`,
    clientErrorHandler: refuseGarbage,
    frameworkErrors: (error, request, reply) => sendFrameworkError(error, request, reply, log),
  });
  app.server.headersTimeout = arrivesWithinMs;
  app.decorateRequest('caller', null);
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.access === undefined) throw new Error(`${String(method)} ${url} has no rule who may call it`);
  });
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(securityHeaders);
    if (!mayBeLarge(request)) limitArrival(request.raw, reply.raw, arrivesWithinMs);
    done();
  });
  onlyJson(app);
  handleErrors(app, log);
  return app;
}

/** A file may be under way for long. */
function mayBeLarge({ headers, routeOptions }: FastifyRequest): boolean {
  const { file, form } = routeOptions.config.operation ?? {};
  return file === true || (form === true && /^multipart\//i.test(headers['content-type'] ?? ''));
}

/** Who sends a body too slowly holds a connection for nothing: it is told so, and cut. */
function limitArrival(request: IncomingMessage, response: ServerResponse, ms: number): void {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
  if (length === '0' && encoding === undefined) return;
  const cut = setTimeout(() => {
    if (response.headersSent) request.destroy();
    else hangUp(request.socket, new GatewayError('request_too_slow'));
  }, ms).unref();
  const arrived = (): void => clearTimeout(cut);
  request.once('end', arrived).once('close', arrived);
}

/** Bodies are JSON. An empty one is none, whatever its type says: many clients name a type on every POST. */
function onlyJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parse(request, String(body), done);
  });
}
