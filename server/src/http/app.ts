/** Puts the HTTP interface together. Nothing here listens. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { operations } from '@zapfleet/contract';
import Fastify, { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Outbox } from '../messages/outbox-api.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { Fleet } from '../sessions/fleet-api.ts';
import { checkAnswers } from './answer-check.ts';
import { masterKeyCaller } from './auth.ts';
import { handleErrors, refuseGarbage, sendFrameworkError } from './error-handler.ts';
import { pageFiles } from './page-files.ts';
import { type ReadyCheck, readyChecks } from './ready-checks.ts';
import { attachRealtime } from './realtime.ts';
import type { Router } from './route.ts';
import { engineRoutes } from './routes/engines.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { messageRoutes } from './routes/messages.ts';
import { openApiRoutes } from './routes/openapi.ts';
import { linkingRoutes } from './routes/qr.ts';
import { sandboxRoutes } from './routes/sandbox.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { sandboxControl } from './sandbox-control.ts';
import { securityHeaders } from './security-headers.ts';

export type AppParts = {
  config: { readonly apiKey: string };
  store: Store;
  events: EventLog;
  fleet: Fleet;
  outbox: Outbox;
  /** Where the control routes of the sandbox network are, without a trailing slash; null: there is no sandbox. */
  sandbox: { readonly controlUrl: string } | null;
  clock: Clock;
  log: Log;
  /** ms since the epoch */
  startedAt: number;
  /** What must hold beside database, event loop and engines. */
  checks?: Readonly<Record<string, ReadyCheck>>;
  /** The files of the page. */
  publicFolder?: string;
  /** For tests: an answer that is not in the contract becomes an `internal_error`. */
  validateAnswers?: boolean;
};

const BODY_LIMIT = 1_048_576;
const REQUEST_TIMEOUT_MS = 60_000;
/** Longer than any id or name, so that the routes themselves can say what is wrong with one. */
const PARAM_LIMIT = 2000;

const serverFolder = join(import.meta.dirname, '..', '..');

/** The version of this server. */
export function serverVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(serverFolder, 'package.json'), 'utf8'));
  return z.object({ version: z.string() }).parse(manifest).version;
}

/** Ready to listen. `close()` ends streams and sockets, and waits for the requests under way. */
export async function buildApp(parts: AppParts): Promise<FastifyInstance> {
  const { config, log, clock } = parts;
  const app = emptyApp(log);
  if (parts.validateAnswers === true) checkAnswers(app);

  const closing = new AbortController();
  const control = sandboxControl(parts.sandbox?.controlUrl ?? null);
  const findCaller = masterKeyCaller(config.apiKey);
  const router: Router = { app, findCaller, registered: new Set() };
  const shared = { ...parts, control, closing: closing.signal, version: serverVersion() };

  healthRoutes(router, { ...shared, checks: { ...readyChecks(parts), ...parts.checks } });
  engineRoutes(router, shared);
  sessionRoutes(router, shared);
  linkingRoutes(router, shared);
  messageRoutes(router, shared);
  eventRoutes(router, shared);
  sandboxRoutes(router, shared);
  openApiRoutes(app, shared);
  pageFiles(app, parts.publicFolder ?? join(serverFolder, 'public'));
  everyOperationHasARoute(router);

  const realtime = attachRealtime(app.server, { ...parts, clock, findCaller });
  app.addHook('preClose', async () => {
    closing.abort();
    await realtime.close();
  });
  app.addHook('onClose', () => control.close());
  await app.ready();
  return app;
}

function emptyApp(log: Log): FastifyInstance {
  const process = randomBytes(4).toString('hex');
  let requests = 0;
  const app = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    trustProxy: false,
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

function everyOperationHasARoute({ registered }: Router): void {
  const missing = Object.keys(operations).filter((id) => !registered.has(id));
  if (missing.length > 0) throw new Error(`Operations without a route: ${missing.join(', ')}`);
}
