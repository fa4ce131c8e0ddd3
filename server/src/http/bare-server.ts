/** The HTTP server before it has routes: limits, headers, bodies and errors. */
import { randomBytes } from 'node:crypto';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Log } from '../ports/log.ts';
import { handleErrors, refuseGarbage, sendFrameworkError } from './error-handler.ts';
import { securityHeaders } from './security-headers.ts';

const BODY_LIMIT = 1_048_576;
/** For the request to arrive, not for its answer to leave. */
const REQUEST_TIMEOUT_MS = 60_000;
/** Longer than any id or name, so that the routes themselves can say what is wrong with one. */
const PARAM_LIMIT = 2000;

/** A route that does not say who may call it is refused. */
/** `trusted`: addresses of proxies whose word on where a request came from counts. */
export function bareServer(log: Log, trusted: readonly string[] = []): FastifyInstance {
  const process = randomBytes(4).toString('hex');
  let requests = 0;
  const app = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    trustProxy: trusted.length > 0 ? [...trusted] : false,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: PARAM_LIMIT },
    genReqId: () => `${process}-${(requests += 1)}`,
    clientErrorHandler: refuseGarbage,
    frameworkErrors: (error, request, reply) => sendFrameworkError(error, request, reply, log),
  });
  app.decorateRequest('caller', null);
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.access === undefined) throw new Error(`${String(method)} ${url} has no rule who may call it`);
  });
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(securityHeaders);
    done();
  });
  onlyJson(app);
  handleErrors(app, log);
  return app;
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
