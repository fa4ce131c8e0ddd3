/** Puts the HTTP interface together. Nothing here listens. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type NetworkName, type NewId, operations } from '@zapfleet/contract';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Asking } from '../messages/asking.ts';
import type { MediaLibrary } from '../messages/media/library-api.ts';
import type { Outbox } from '../messages/outbox-api.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { People } from './people.ts';
import type { Fleet } from '../sessions/fleet-api.ts';
import type { Stats } from '../stats/stats-api.ts';
import type { Webhooks } from '../webhooks/webhooks-api.ts';
import { checkAnswers } from './answer-check.ts';
import { noteChanges } from './audit.ts';
import { bareServer } from './bare-server.ts';
import { apiWhatsappRoutes } from './compat/api-whatsapp.ts';
import { sessionSendRoutes } from './compat/session-send.ts';
import { webhookTestRoutes } from './compat/webhook-test.ts';
import { whatsappRoutes } from './compat/whatsapp.ts';
import { pageFiles } from './page-files.ts';
import { createRateLimits, type RateLimitSettings } from './rate-limits.ts';
import { type ReadyCheck, readyChecks } from './ready-checks.ts';
import { attachRealtime } from './realtime.ts';
import type { Router } from './route.ts';
import { chatRoutes } from './routes/chats.ts';
import { accountRoutes } from './routes/accounts.ts';
import { auditRoutes } from './routes/audit.ts';
import { authRoutes } from './routes/auth.ts';
import { engineRoutes } from './routes/engines.ts';
import { endingRoutes } from './routes/endings.ts';
import { eventRoutes } from './routes/events.ts';
import { evolutionHookRoutes, type RemoteTellings } from './routes/evolution-hooks.ts';
import { groupRoutes } from './routes/groups.ts';
import { healthRoutes } from './routes/health.ts';
import { mediaRoutes } from './routes/media.ts';
import { messageRoutes } from './routes/messages.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { openApiRoutes } from './routes/openapi.ts';
import { pairingLinkRoutes } from './routes/pairing-links.ts';
import { linkingRoutes } from './routes/qr.ts';
import { sandboxGroupRoutes } from './routes/sandbox-groups.ts';
import { sandboxTrafficRoutes } from './routes/sandbox-traffic.ts';
import { sandboxRoutes } from './routes/sandbox.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { statsRoutes } from './routes/stats.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import { watchStanding } from './standing.ts';
import { sandboxControl } from './sandbox-control.ts';

export type AppParts = {
  config: {
    readonly metricsToken: string | null;
    readonly publicUrl: string | null;
    readonly trustProxy: readonly string[];
    readonly webhookEnabled: boolean;
    readonly sessionName: string;
    readonly defaultNetwork: NetworkName;
    readonly rateLimits: RateLimitSettings;
  };
  store: Store;
  events: EventLog;
  fleet: Fleet;
  outbox: Outbox;
  asking: Asking;
  webhooks: Webhooks;
  stats: Stats;
  media: MediaLibrary;
  tellings: RemoteTellings;
  /** Where the control routes of the sandbox network are, without a trailing slash; null: there is no sandbox. */
  sandbox: { readonly controlUrl: string } | null;
  clock: Clock;
  newId: NewId;
  log: Log;
  /** By how much the process was behind lately, in ms: the worst of the last half minute. */
  lagMs(): number;
  /** ms since the epoch */
  startedAt: number;
  /** What must hold beside database, event loop and engines. */
  checks?: Readonly<Record<string, ReadyCheck>>;
  /** The files of the dashboard. */
  publicFolder?: string;
  people: People;
  /** For tests: an answer that is not in the contract becomes an `internal_error`. */
  validateAnswers?: boolean;
};

/** A client that does not take its answer must not hold the shutdown up. */
const CLOSE_PATIENCE_MS = 5000;

const serverFolder = join(import.meta.dirname, '..', '..');

/** The version of this server. */
export function serverVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(serverFolder, 'package.json'), 'utf8'));
  return z.object({ version: z.string() }).parse(manifest).version;
}

/** Ready to listen. `close()` ends streams and sockets, and waits for the requests under way. */
export async function buildApp(parts: AppParts): Promise<FastifyInstance> {
  const { config, log, clock } = parts;
  const app = bareServer(log, config.trustProxy);
  if (parts.validateAnswers === true) checkAnswers(app);

  const closing = new AbortController();
  const control = sandboxControl(parts.sandbox?.controlUrl ?? null);
  const findCaller = parts.people.callers.find;
  const router: Router = {
    app,
    findCaller,
    noteChange: noteChanges(parts),
    rateLimits: createRateLimits(config.rateLimits, clock),
    registered: new Set(),
  };
  const standing = watchStanding(parts.people.callers, clock, log);
  const shared = { ...parts, control, closing: closing.signal, standing, version: serverVersion() };

  metricsRoutes(router, shared);
  healthRoutes(router, { ...shared, checks: { ...readyChecks(parts), ...parts.checks } });
  engineRoutes(router, shared);
  sessionRoutes(router, shared);
  endingRoutes(router, shared);
  linkingRoutes(router, shared);
  pairingLinkRoutes(router, shared);
  await messageRoutes(router, shared);
  chatRoutes(router, shared);
  groupRoutes(router, shared);
  await mediaRoutes(router, { ...shared, publicUrl: config.publicUrl });
  eventRoutes(router, shared);
  evolutionHookRoutes(router, shared);
  accountRoutes(router, shared);
  authRoutes(router, shared);
  auditRoutes(router, shared);
  webhookRoutes(router, shared);
  statsRoutes(router, shared);
  sandboxRoutes(router, shared);
  sandboxGroupRoutes(router, shared);
  sandboxTrafficRoutes(router, shared);
  whatsappRoutes(router, shared);
  sessionSendRoutes(router, shared);
  webhookTestRoutes(router, shared);
  apiWhatsappRoutes(router, shared);
  openApiRoutes(app, shared);
  pageFiles(app, parts.publicFolder ?? join(serverFolder, '..', 'dashboard', 'dist'));
  everyOperationHasARoute(router);

  const realtime = attachRealtime(app.server, { ...parts, clock, standing, callers: parts.people.callers });
  app.addHook('preClose', async () => {
    closing.abort();
    standing.close();
    clock.after(CLOSE_PATIENCE_MS, () => app.server.closeAllConnections());
    await realtime.close();
  });
  await app.ready();
  return app;
}

function everyOperationHasARoute({ registered }: Router): void {
  const missing = Object.keys(operations).filter((id) => !registered.has(id));
  if (missing.length > 0) throw new Error(`Operations without a route: ${missing.join(', ')}`);
}
