/** All sessions of this process: makes them, finds their runners, restores them at boot and ends them at shutdown. */
import type { EngineName, NetworkName, NewId, SessionId } from '@zapfleet/contract';
import { GatewayError, invalidField } from '../domain/gateway-error.ts';
import { parsePhoneNumber } from '../domain/identity.ts';
import { sessionResource } from '../domain/resources.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { Input } from '../domain/step.ts';
import { receiptOf, type Teardown } from '../domain/teardown.ts';
import type { Clock } from '../ports/clock.ts';
import type { Engine, Network, RemoteServer } from '../ports/engine.ts';
import type { Log } from '../ports/log.ts';
import type { KeptFiles } from '../ports/media.ts';
import type { Change, Store } from '../ports/store.ts';
import type { Traffic } from '../ports/traffic.ts';
import { createCleanups } from './cleanups.ts';
import { engineInfo } from './engine-info.ts';
import type { Fleet, NewSession, SessionCount, SettingsPatch, TeardownAnswer } from './fleet-api.ts';
import { folderOrphans } from './folder-orphans.ts';
import { createOpenGate } from './open-gate.ts';
import { type CheckAddress, keepServer } from './own-server.ts';
import type { ProtocolVersions } from './protocol-version.ts';
import { fileOrphans } from './file-orphans.ts';
import { keepProxy, type KeptProxy, type ProxyAddresses } from './session-proxy.ts';
import { credentialOrphans, reconcile } from './reconciler.ts';
import { remoteOrphans } from './remote-orphans.ts';
import { SessionRunner } from './runner.ts';
import { createSuspension } from './suspension.ts';
import { createTeardowns } from './teardowns.ts';

export type FleetParts = {
  store: Store;
  engines: readonly Engine[];
  /** null: this server has no such network. */
  networks: Record<NetworkName, Network | null>;
  versions: ProtocolVersions;
  traffic: Traffic;
  clock: Clock;
  newId: NewId;
  log: Log;
  defaults: Fleet['defaults'];
  openConcurrency: number;
  qrLimit: number;
  closeTimeoutMs: number;
  probeEveryMs: number;
  /** By how much the process itself was behind lately, in ms. */
  lagMs(): number;
  autoCleanup: boolean;
  cleanupDelayMs: number;
  /** Where the proxies of sessions may be reached. */
  proxyAddresses: ProxyAddresses;
  /** Whether the servers that sessions bring may be called. */
  checkAddress: CheckAddress;
  /** Where engines keep folders per pairing; it need not exist. */
  foldersIn: string;
  /** The files of messages. */
  files: KeptFiles;
};

export type RunningFleet = Fleet & {
  /** Brings back what ran when the process ended. Resolves when every session has its new state; they open in the background. */
  restore(): Promise<number>;
  /** Ends every run without a logout; what is stored stays as it is. */
  close(): Promise<void>;
};

export function createFleet(parts: FleetParts): RunningFleet {
  const { store, engines, networks, versions, traffic, clock, log, defaults } = parts;
  const gate = createOpenGate(parts.openConcurrency);
  const runners = new Map<SessionId, SessionRunner>();
  /** Sessions that wait because their network could not be reached. */
  const cutOff = new Map<SessionId, NetworkName>();

  const engineOf = (name: string) => engines.find((engine) => engine.name === name);
  const teardowns = createTeardowns({
    ...{ store, clock, log, runnerFor, cleanupOf: (id) => cleanups.of(id), removeFiles: parts.files.removeOf },
    async forgetPairings({ id: sessionId, engine, generation, archived }) {
      const { forget } = engineOf(engine) ?? {};
      for (const one of [generation, ...archived]) await forget?.({ sessionId, generation: one });
    },
    forget: (id) => {
      runners.delete(id);
      cutOff.delete(id);
    },
  });
  const kinds = [
    ...[credentialOrphans(store), folderOrphans(store, parts.foldersIn), fileOrphans(parts.files, clock)],
    remoteOrphans(store, engines),
  ];
  const lookForOrphans = () => reconcile({ store, kinds, clock, log });
  const cleanups = createCleanups({
    ...{ store, clock, log, newId: parts.newId, teardowns, reconcile: lookForOrphans },
    atOnce: parts.openConcurrency,
  });

  function runnerFor(record: SessionRecord): SessionRunner {
    const known = runners.get(record.id);
    if (known) return known;
    const engine = engineOf(record.engine);
    const network = networks[record.network];
    const runner = new SessionRunner(record, {
      ...{ store, gate, traffic, clock, way: engine && network ? { engine, network } : null },
      // The other engines bring WhatsApp's own client along.
      version: (refresh) =>
        record.network === 'whatsapp' && record.engine === 'baileys'
          ? versions.current(refresh)
          : Promise.resolve(null),
      random: Math.random,
      log: log.child({ sessionId: record.id, session: record.name }),
      qrLimit: parts.qrLimit,
      closeTimeoutMs: parts.closeTimeoutMs,
      probeEveryMs: parts.probeEveryMs,
      lagMs: parts.lagMs,
      proxyAddresses: parts.proxyAddresses,
      autoCleanup: parts.autoCleanup,
      cleanupDelayMs: parts.cleanupDelayMs,
      onState,
      onCleanup: ({ id }) => {
        teardowns.run('delete', id).catch((error: unknown) => {
          log.error({ error, sessionId: id }, 'A session that WhatsApp logged out could not be removed');
        });
      },
    });
    runners.set(record.id, runner);
    return runner;
  }

  async function runnerOf(id: SessionId): Promise<SessionRunner> {
    const known = runners.get(id);
    if (known) return known;
    const record = await store.sessions.get(id);
    if (!record) throw new GatewayError('session_not_found');
    return runnerFor(record);
  }

  /** When one session reaches its network again, the others need not sit out their backoff; the budget keeps them from coming all at once. */
  function onState(record: SessionRecord): void {
    const { state, id, network } = record;
    if (state.name === 'waiting' && state.cause.code === 'connection_lost') cutOff.set(id, network);
    else cutOff.delete(id);
    if (state.name !== 'connected' || cutOff.size === 0) return;
    for (const [other, itsNetwork] of cutOff) {
      if (itsNetwork !== network) continue;
      cutOff.delete(other);
      void runners
        .get(other)
        ?.tell({ type: 'retry' })
        .catch((error: unknown) => {
          log.error({ error, sessionId: other }, 'A session that waits could not be woken');
        });
    }
  }

  /** A logout under way is waited for, so that a verb after it finds the state that it left. */
  async function tell(id: SessionId, input: Input): Promise<SessionRecord> {
    await teardowns.settled(id);
    const runner = await runnerOf(id);
    if (input.type !== 'stop') {
      requireWay(runner.record);
      await suspension.requireActive(runner.record.tenantId);
    }
    return runner.tell(input);
  }

  async function patch(id: SessionId, { timeZone, proxy, ...settings }: SettingsPatch): Promise<SessionRecord> {
    const runner = await runnerOf(id);
    const kept = proxy === undefined ? null : await keptProxy(proxy, runner.record);
    return runner.patch(({ settings: { proxy: shown, ...before } }) => {
      const proxyShown = kept?.shown ?? (shown === undefined ? {} : { proxy: shown });
      return { settings: { ...before, ...settings, ...proxyShown }, ...(timeZone !== undefined && { timeZone }) };
    }, kept?.change(id));
  }

  async function keptProxy(proxy: string | null, { engine }: Pick<SessionRecord, 'engine'>): Promise<KeptProxy> {
    if (proxy !== null && !engineOf(engine)?.capabilities.has('proxy')) {
      throw new GatewayError('not_supported_by_engine', `The engine "${engine}" knows no proxies.`);
    }
    return keepProxy(proxy, parts.proxyAddresses);
  }

  async function keptServer(server: RemoteServer, { engine }: Pick<SessionRecord, 'engine'>) {
    if (!engineOf(engine)?.remote) throw invalidField('engineOptions', `are not for the engine ${engine}`);
    return keepServer(server, parts.checkAddress);
  }

  const suspension = createSuspension({
    store,
    stop: (id) => tell(id, { type: 'stop' }),
    start: (id) => tell(id, { type: 'start' }),
    mark: patch,
  });

  const hasWay = ({ engine, network }: SessionRecord) => engineOf(engine) !== undefined && networks[network] !== null;

  function requireWay({ engine, network }: Pick<SessionRecord, 'engine' | 'network'>): void {
    if (!engineOf(engine)) {
      throw new GatewayError('not_supported_by_engine', `This server has no engine "${engine}".`);
    }
    if (!networks[network]) throw new GatewayError('sandbox_unavailable');
  }

  /** Only who creates one is refused: a session that exists goes on trying, and says why it cannot. */
  async function requireUsable(name: EngineName): Promise<void> {
    const standing = await engineOf(name)?.standing();
    if (standing?.usable !== false) return;
    const { missing, help } = standing;
    throw new GatewayError('not_supported_by_engine', `${missing} ${help}`, { engine: name, missing, help });
  }

  async function orLater(end: Promise<unknown>, ms: number): Promise<void> {
    const late = Promise.withResolvers<undefined>();
    const cancel = clock.after(ms, () => late.resolve(undefined));
    await Promise.race([end, late.promise]).finally(cancel);
  }

  async function insert(
    session: NewSession,
    most: number | null,
    also: (id: SessionId) => Change,
  ): Promise<SessionRecord> {
    const now = clock.now();
    const record = newRecord(session, parts.newId('ses'), now);
    const created = sessionResource(record, { ignore: defaults.ignore, nodeId: null });
    const { id, name, tenantId } = record;
    const { committed, changed } = await store.commit([
      // In the commit: requests at the same moment cannot overshoot.
      ...(most === null ? [] : [{ kind: 'tenant.room', id: tenantId, sessions: most, required: true } as const]),
      {
        kind: 'session.insert',
        record,
        required: true,
        events: [
          { type: 'session.created', tenantId, session: { id, name }, occurredAt: now, data: { session: created } },
        ],
      },
      ...also(id),
    ]);
    if (!committed && most !== null && changed[0] === false) {
      throw new GatewayError('quota_exceeded', undefined, { limit: 'sessions', most });
    }
    if (!committed) throw new GatewayError('session_name_taken', undefined, { name });
    return record;
  }

  return {
    defaults,
    engines: () => Promise.all(engines.map(engineInfo)),
    capabilities: (name) => [...(engineOf(name)?.capabilities ?? [])],
    async create(session, also = () => []) {
      requireWay(session);
      if (!session.server) await requireUsable(session.engine);
      const tenant = await store.accounts.tenants.get(session.tenantId);
      if (!tenant) throw new GatewayError('tenant_not_found');
      if (tenant.suspendedAt !== null) throw new GatewayError('tenant_suspended');
      const { proxy, server, ...wanted } = session;
      const kept = proxy ? await keptProxy(proxy, session) : null;
      const ownServer = server ? await keptServer(server, session) : null;
      const settings = { ...wanted.settings, ...kept?.shown, ...(ownServer && { ownServer: true as const }) };
      const record = await insert({ ...wanted, settings }, tenant.limits.sessions, (id) => [
        ...(kept?.change(id) ?? []),
        ...(ownServer?.(id) ?? []),
        ...also(id),
      ]);
      const runner = runnerFor(record);
      return session.start ? runner.tell({ type: 'start' }) : record;
    },
    patch,
    start: (id) => tell(id, { type: 'start' }),
    stop: (id) => tell(id, { type: 'stop' }),
    restart: (id) => tell(id, { type: 'restart' }),
    qr: (id) => runners.get(id)?.qr ?? null,
    waitForQr: (id, ms, signal) => runners.get(id)?.waitForQr(ms, signal) ?? Promise.resolve(null),
    async requestPairingCode(id, phoneNumber) {
      const runner = await runnerOf(id);
      if (!engineOf(runner.record.engine)?.capabilities.has('pairing_code')) {
        throw new GatewayError('not_supported_by_engine');
      }
      const digits = parsePhoneNumber(phoneNumber);
      if (!digits) throw invalidField('phoneNumber', 'must be a phone number with its country code');
      return runner.requestPairingCode(digits);
    },
    async logout(id) {
      return receiptOf(await teardowns.run('logout', id));
    },
    async remove(id, tenantId, waitMs) {
      const known = await store.teardowns.get(id, tenantId);
      const session = await store.sessions.get(id);
      if (!session || (tenantId !== null && session.tenantId !== tenantId)) {
        if (known?.kind === 'delete') return answerOf(known);
        throw new GatewayError('session_not_found');
      }
      const end = teardowns.run('delete', id);
      await orLater(end, waitMs);
      return answerOf(teardowns.current(id) ?? (await store.teardowns.get(id, null)) ?? (await end));
    },
    async receipt(id, tenantId) {
      const known = await store.teardowns.get(id, tenantId);
      return known && answerOf(known);
    },
    async cleanup(scope, waitMs) {
      const { cleanup, end } = await cleanups.begin(scope);
      await orLater(end, waitMs);
      return cleanups.progress(cleanup);
    },
    cleanupPreview: (scope) => cleanups.preview(scope),
    cleanupProgress: (id, tenantId) => cleanups.find(id, tenantId),
    reconcile: lookForOrphans,
    suspend: suspension.suspend,
    resume: suspension.resume,
    counts() {
      const counts = new Map<string, SessionCount>();
      for (const { record } of runners.values()) {
        const { tenantId, engine, network, state } = record;
        const key = `${tenantId} ${state.name} ${engine} ${network}`;
        const one = counts.get(key) ?? { tenantId, state: state.name, engine, network, count: 0, degraded: 0 };
        one.count += 1;
        if (state.name === 'connected' && state.health.status === 'degraded') one.degraded += 1;
        counts.set(key, one);
      }
      return [...counts.values()];
    },
    async restore() {
      await teardowns.resume();
      await cleanups.resume();
      const left = (await store.sessions.toRestore()).filter(({ id }) => !teardowns.current(id));
      const records = await suspension.active(left);
      const booted = await Promise.allSettled(
        records.map((record) => runnerFor(record).tell({ type: 'boot', available: hasWay(record) })),
      );
      booted.forEach((result, at) => {
        if (result.status === 'fulfilled') return;
        log.error({ error: result.reason as unknown, sessionId: records[at]?.id }, 'A session could not be restored');
      });
      return booted.filter((result) => result.status === 'fulfilled').length;
    },
    async close() {
      await Promise.all([...runners.values()].map((runner) => runner.shutdown()));
    },
  };
}

const answerOf = (teardown: Teardown): TeardownAnswer => ({
  done: teardown.finishedAt !== null,
  receipt: receiptOf(teardown),
});

function newRecord(session: NewSession, id: SessionId, now: number): SessionRecord {
  const { start: _start, ...chosen } = session;
  return {
    ...chosen,
    id,
    desired: 'stopped',
    state: { name: 'stopped', since: now, cause: null },
    run: 0,
    generation: 1,
    linked: false,
    pairedAt: null,
    everConnected: false,
    attempt: 0,
    unknownInARow: 0,
    archived: [],
    versionRefreshed: false,
    account: null,
    restriction: null,
    createdAt: now,
    updatedAt: now,
    connectedAt: null,
    lastInboundAt: null,
    lastOutboundAt: null,
  };
}
