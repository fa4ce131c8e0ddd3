/** Reads the configuration, builds each part, hands it to the next, listens, and shuts down. The only wiring. */
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { idSequence } from '@zapfleet/contract';
import closeWithGrace from 'close-with-grace';
import { systemClock as clock } from './clock.ts';
import { type Config, loadConfig } from './config.ts';
import { runDefaultSession } from './default-session.ts';
import { openEgress } from './egress/open-egress.ts';
import { createPeople } from './people.ts';
import { createEventLog } from './events/event-log.ts';
import { buildApp, serverVersion } from './http/app.ts';
import { qrDataUrl } from './http/qr-picture.ts';
import { createLog } from './log.ts';
import { watchLoopLag } from './loop-lag.ts';
import { createAsking } from './messages/asking.ts';
import { createChatCommands } from './messages/commands/chat-commands.ts';
import { createInbox } from './messages/inbox.ts';
import { createOutbox } from './messages/outbox.ts';
import { createRetention } from './messages/retention.ts';
import { openMedia } from './messages/media/open-media.ts';
import { openEngines } from './open-engines.ts';
import type { Network } from './ports/engine.ts';
import type { Log } from './ports/log.ts';
import { createFleet } from './sessions/fleet.ts';
import { createProtocolVersions } from './sessions/protocol-version.ts';
import { filesOnDisk } from './store/disk-files.ts';
import { StoreUnusable } from './store/failures.ts';
import { openPostgres } from './store/open-postgres.ts';
import { openStore } from './store/open-store.ts';
import { openStats } from './stats/open-stats.ts';
import { openWebhooks } from './webhooks/open-webhooks.ts';
import type { OpenedStore } from './store/sqlite-store.ts';

const WHATSAPP: Network = { url: 'wss://web.whatsapp.com/ws/chat', rootKey: null };
const SHUTDOWN_MS = 10_000;
const EVENTS_KEPT_MS = 7 * 24 * 3_600_000;
const PRUNE_EVERY_MS = 3_600_000;
const TIDY_EVERY_MS = 60_000;
const RECONCILE_EVERY_MS = 10 * 60_000;

const TAKEN_OVER = 'Another server has taken the database over; this one stops. Only one may run on a database.';

/** Ends the start with one sentence and a code that is not 0. */
function refuse(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

/** The network of simulated phones, and how to end it where it is ours. */
type SandboxNetwork = { network: Network; controlUrl: string; close(): Promise<void> };

async function openSandbox({ sandbox, dataDir }: Config, log: Log): Promise<SandboxNetwork | null> {
  switch (sandbox.kind) {
    case 'none':
      return null;
    case 'remote': {
      const { url, controlUrl, rootKey } = sandbox;
      return { network: { url, rootKey, mediaCa: sandbox.mediaCa }, controlUrl, close: () => Promise.resolve() };
    }
    case 'built_in': {
      const { Sandbox } = await import('@zapfleet/sandbox');
      const built = await Sandbox.create({ dataDir: join(dataDir, 'sandbox'), log: log.child({ part: 'sandbox' }) });
      const rootKey = Buffer.from(built.rootKey, 'hex');
      const network = { url: built.url, rootKey, mediaCa: built.mediaCa };
      return { network, controlUrl: built.controlUrl, close: () => built.close() };
    }
  }
}

function open(
  { dataDir, databaseUrl, databasePoolSize, encryptionKeys }: Config,
  log: Log,
  onTakenOver: () => void,
): Promise<OpenedStore> {
  const common = { encryptionKeys, clock, log };
  if (databaseUrl === null) return openStore({ ...common, path: join(dataDir, 'zapfleet.db') });
  return openPostgres({ ...common, url: databaseUrl, poolSize: databasePoolSize, onTakenOver });
}

async function main(): Promise<void> {
  const startedAt = clock.now();
  const loaded = loadConfig();
  if (!loaded.ok) refuse(loaded.sentence);
  const { config } = loaded;
  const log = await createLog(config.logLevel, config.logPretty);
  const newId = idSequence(clock.now, randomBytes);

  let stopTakenOver = (): void => refuse(TAKEN_OVER);
  const opened = await open(config, log, () => stopTakenOver());
  const { store } = opened;
  const events = createEventLog(opened.events);
  const sandbox = await openSandbox(config, log);

  const fetching = openEgress({ allow: config.mediaAllow, userAgent: `Zapfleet/${serverVersion()}` });
  const media = openMedia({
    ...{ store, egress: fetching, clock, newId, log, secrets: config.encryptionKeys, limits: config.media },
    files: filesOnDisk(join(config.dataDir, 'media'), config.media.keepFree),
  });
  await media.keeper.begin();

  let localUrl = '';
  const userAgent = `Zapfleet/${serverVersion()}`;
  const opening = openEngines({
    ...{ config, sandbox, clock, log, userAgent, guarded: fetching },
    ownUrl: { public: () => config.publicUrl ?? localUrl, local: () => localUrl },
  });
  const { engines, evolutionHooks } = opening;
  const asking = createAsking({ store, clock, log, engines });
  const expiryMs = config.messageExpiryMs;
  const outbox = createOutbox({
    ...{ store, clock, newId, log, media: media.ofMessages, expiryMs },
    can: ({ engine }, capability) => engines.find(({ name }) => name === engine)?.capabilities.has(capability) ?? false,
  });
  const commands = createChatCommands({ usual: config.commands, clock, newId, expiryMs });
  const inbox = createInbox({
    ...{ store, clock, newId, media: media.ofMessages, ignore: config.ignore, commands },
    groupNames: asking.groupNames,
    deliver: outbox.deliver,
    restricted: outbox.restricted,
  });
  const lag = watchLoopLag();
  const fleet = createFleet({
    store,
    engines,
    networks: { whatsapp: WHATSAPP, sandbox: sandbox?.network ?? null },
    versions: createProtocolVersions({
      override: config.whatsappVersion,
      file: join(config.dataDir, 'protocol-version.json'),
      log,
      now: clock.now,
    }),
    traffic: {
      receive: inbox.receive,
      online(session, run) {
        asking.online(session, run);
        outbox.online(session, run);
        media.ofMessages.online(session, run);
      },
      offline(session) {
        asking.offline(session);
        outbox.offline(session);
        media.ofMessages.offline(session);
      },
    },
    clock,
    newId,
    log,
    defaults: {
      engine: config.defaultEngine,
      network: config.defaultNetwork,
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      ignore: config.ignore,
    },
    openConcurrency: config.openConcurrency,
    qrLimit: config.qrLimit,
    closeTimeoutMs: config.engineCloseTimeoutMs,
    probeEveryMs: config.probeIntervalMs,
    lagMs: lag.now,
    autoCleanup: config.autoCleanupOnLogout,
    cleanupDelayMs: config.logoutCleanupDelayMs,
    proxyAddresses: async (host) => (await fetching.addressesOf(host)).map(({ address }) => address),
    checkAddress: (url) => fetching.check(url),
    foldersIn: opening.profiles,
    files: media.keeper,
  });
  const people = createPeople({ config, store, clock, newId, log });
  const egress = openEgress({ allow: config.webhookAllow, userAgent: `Zapfleet/${serverVersion()}` });
  const webhooks = await openWebhooks({
    ...{ store, events, egress, clock, newId, log, random: Math.random },
    liveQr: (id) => fleet.qr(id),
    qrPicture: qrDataUrl,
  });
  const stats = await openStats({ store, events, clock, log });
  const app = await buildApp({
    ...{ config, people, newId, store, events, fleet, outbox, asking, webhooks, stats, sandbox, clock, log, startedAt },
    media: media.library,
    tellings: evolutionHooks,
    lagMs: lag.now,
  });

  const stopping = new AbortController();
  await app.listen({ host: config.host, port: config.port });
  const { address, port } = app.server.address() as AddressInfo;
  localUrl = `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
  const url = config.publicUrl ?? localUrl;
  const setUp = await people.logins.setUpToken();

  const prune = (): void => {
    const now = clock.now();
    opened
      .prune(now, now - EVENTS_KEPT_MS, config.auditMaxAgeMs === null ? null : now - config.auditMaxAgeMs)
      .catch((error: unknown) => log.error({ error }, 'Old events could not be removed'));
  };
  const pruning = setInterval(prune, PRUNE_EVERY_MS).unref();
  const tidy = (): void => {
    media.keeper.tidy().catch((error: unknown) => log.error({ error }, 'The folder of files could not be tidied'));
  };
  const tidying = setInterval(tidy, TIDY_EVERY_MS).unref();
  const retention = createRetention({ store, clock, log, maxAgeMs: config.messageMaxAgeMs });
  const removeOldMessages = (): void => {
    retention
      .apply(stopping.signal)
      .then((isAny) => (isAny && !stopping.signal.aborted ? tidy() : undefined))
      .catch((error: unknown) => log.error({ error }, 'Old messages could not be removed; it is tried again'));
  };
  const retaining = setInterval(removeOldMessages, PRUNE_EVERY_MS).unref();
  const reconciling = setInterval(() => void fleet.reconcile(), RECONCILE_EVERY_MS).unref();

  let isTakenOver = false;
  const { close } = closeWithGrace({ delay: SHUTDOWN_MS, logger: false }, async ({ err, signal }) => {
    if (err) log.error({ error: err }, 'The server stops because of a fault of its own');
    else log.info({ signal }, 'The server stops');
    stopping.abort();
    clearInterval(pruning);
    clearInterval(retaining);
    clearInterval(reconciling);
    clearInterval(tidying);
    await app.close();
    await fleet.close();
    outbox.close();
    await webhooks.close();
    await stats.close();
    await media.close();
    await opening[Symbol.asyncDispose]();
    await egress[Symbol.asyncDispose]();
    await fetching[Symbol.asyncDispose]();
    await sandbox?.close();
    await store.close();
    if (isTakenOver) refuse(TAKEN_OVER);
  });
  stopTakenOver = () => {
    isTakenOver = true;
    close();
  };

  // Only now: whoever reads that it is ready may end it at once, and that end must be an orderly one.
  greet(config, url, sandbox !== null, setUp);

  prune();
  removeOldMessages();
  tidy();
  outbox.start();
  const restored = await fleet.restore().catch((error: unknown) => {
    if (stopping.signal.aborted) return 0;
    throw error;
  });
  if (restored > 0) log.info({ sessions: restored }, 'Sessions are being restored');
  media.keeper.missing().catch((error: unknown) => log.error({ error }, 'Missing files could not be looked for'));
  if (config.startDefaultSession) {
    const parts = { store, events, fleet, log, write: (text: string) => void process.stdout.write(text) };
    await runDefaultSession(config.sessionName, parts, stopping.signal).catch((error: unknown) => {
      log.error({ error, session: config.sessionName }, 'The default session could not be started');
    });
  }
}

/** `setUp`: the secret by which the first owner is made; null when there is one. It is shown here and kept nowhere. */
function greet({ apiKeyFile, notices }: Config, url: string, hasSandbox: boolean, setUp: string | null): void {
  const lines = [
    `Zapfleet is ready at ${url}`,
    apiKeyFile === null ? 'API key: the one in ZAPFLEET_API_KEY' : `API key: ${apiKeyFile}`,
    `Open it in a browser to look around; the API reference is at ${url}/docs`,
    hasSandbox ? 'Sandbox: on; create a session with "network": "sandbox" to try it without a phone' : 'Sandbox: off',
    ...(setUp === null
      ? []
      : [`Nobody owns this installation yet. Set e-mail and password at ${url}/setup?token=${setUp}`]),
    ...notices,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

try {
  await main();
} catch (error) {
  if (error instanceof StoreUnusable) refuse(error.message);
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'EADDRINUSE' && error instanceof Error && 'port' in error) {
    refuse(`Port ${String(error.port)} is in use by another program; set PORT to a free one.`);
  }
  if (error instanceof Error && 'syscall' in error && (error.syscall === 'listen' || error.syscall === 'getaddrinfo')) {
    refuse(`This server cannot listen at the address in HOST and PORT: ${error.message}.`);
  }
  throw error;
}
