/** The HTTP interface on parts that live in memory, for the tests of this folder. */
import { randomBytes, randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type EventType,
  type GatewayEvent,
  idSequence,
  type Role,
  type SessionId,
  type SessionStateName,
  type TenantId,
  type EditMessage,
} from '@zapfleet/contract';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { createEventLog } from '../events/event-log.ts';
import { testFeed } from '../events/feed.fixture.ts';
import { noTenantLimits, type TenantRecord } from '../domain/account.ts';
import { GatewayError } from '../domain/gateway-error.ts';
import type { PhoneNumber } from '../domain/identity.ts';
import { type MessageRecord, plain } from '../domain/message.ts';
import type { SessionRecord } from '../domain/session.ts';
import { defaultTenantId } from '../domain/tenant.ts';
import { createAsking } from '../messages/asking.ts';
import type { ChangeOutcome, Outbox, SendRequest } from '../messages/outbox-api.ts';
import { type OpenedMedia, openMedia } from '../messages/media/open-media.ts';
import type { Clock } from '../ports/clock.ts';
import { capabilities, type EngineRun } from '../ports/engine.ts';
import type { Egress } from '../ports/egress.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { Fleet, LiveQr, SessionCount } from '../sessions/fleet-api.ts';
import { filesOnDisk } from '../store/disk-files.ts';
import { openStats } from '../stats/open-stats.ts';
import { openStore } from '../store/open-store.ts';
import type { People } from './people.ts';
import { type AppParts, buildApp } from './app.ts';
import { createPeople } from '../people.ts';
import type { Caller } from '../ports/caller.ts';
import { type Deletes, memoryEndings } from './endings.fixture.ts';
import { type FakeWebhooks, memoryWebhooks } from './webhooks.fixture.ts';

export const masterKey = 'a-master-key-for-tests-0123456789';
export const metricsToken = 'a-token-for-metrics-0123456789';
const jwtSecret = 'a-secret-for-tokens-in-tests-0123';
export const otherTenantId: TenantId = 'ten_00000000000000000000000001';

/** Keys beside the master's, as stored ones will be: the text of the key is what its holder may do. */
export const keys = {
  admin: 'key-of-an-admin',
  agent: 'key-of-an-agent',
  viewer: 'key-of-a-viewer',
  otherAdmin: 'key-of-an-admin-of-another-tenant',
} as const;

const keyOf = (role: Role, tenantId: TenantId | null): Caller => ({
  ...{ role, tenantId, sessions: null, login: null },
  actor: { kind: 'key', id: `key_${role}`, name: role },
});

const callers = new Map<string, Caller>([
  [masterKey, keyOf('master', null)],
  [keys.admin, keyOf('admin', defaultTenantId)],
  [keys.agent, keyOf('agent', defaultTenantId)],
  [keys.viewer, keyOf('viewer', defaultTenantId)],
  [keys.otherAdmin, keyOf('admin', otherTenantId)],
]);

const otherTenant: TenantRecord = {
  ...{ id: otherTenantId, name: 'other', limits: noTenantLimits, suspendedAt: null },
  createdAt: 0,
};

const startedAt = Date.parse('2026-11-21T09:00:00.000Z');
const newId = idSequence(() => startedAt, randomBytes);

/** A clock whose time and timers the test owns. */
export function manualClock(): Clock & { advance(ms: number): void } {
  let now = startedAt;
  const timers = new Set<{ at: number; call: () => void }>();
  return {
    now: () => now,
    after(ms, call) {
      const timer = { at: now + ms, call };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance(ms) {
      now += ms;
      for (const timer of [...timers]) {
        if (timer.at > now || !timers.delete(timer)) continue;
        timer.call();
      }
    },
  };
}

export type LoggedLine = { level: string; fields: object; message: string };

export function memoryLog(lines: LoggedLine[] = []): Log & { lines: LoggedLine[] } {
  const at = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message });
  return {
    lines,
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => memoryLog(lines),
  };
}

export function sessionRecord(patch: Partial<SessionRecord> = {}): SessionRecord {
  return {
    id: newId('ses'),
    tenantId: defaultTenantId,
    name: 'demo',
    engine: 'baileys',
    network: 'sandbox',
    timeZone: 'UTC',
    settings: { label: null, ignore: {}, metadata: {}, autoCleanupOnLogout: null },
    desired: 'stopped',
    state: { name: 'stopped', since: startedAt, cause: null },
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
    createdAt: startedAt,
    updatedAt: startedAt,
    connectedAt: null,
    lastInboundAt: null,
    lastOutboundAt: null,
    ...patch,
  };
}

export function messageRecord(session: SessionRecord, patch: Partial<MessageRecord> = {}): MessageRecord {
  return {
    id: newId('msg'),
    sessionId: session.id,
    tenantId: session.tenantId,
    waId: '3EB0',
    direction: 'out',
    chat: '5511987654321@s.whatsapp.net',
    from: { phoneNumber: '5511911111111' as PhoneNumber, lid: null },
    to: { phoneNumber: '5511987654321' as PhoneNumber, lid: null },
    content: { type: 'text', text: 'hello', mentions: [] },
    quotedWaId: null,
    quotedId: null,
    status: 'sent',
    error: null,
    offline: false,
    timestamp: startedAt,
    createdAt: startedAt,
    ...plain,
    ...patch,
  };
}

type Held = { sessions: Map<SessionId, SessionRecord>; messages: MessageRecord[] };

const committed = Promise.resolve({ committed: true, changed: [] });
/** What is learnt by the way, of sessions whose rows are not real. */
const learnt: ReadonlySet<string> = new Set(['contact.upsert', 'chat.name']);
const notHere = (): never => {
  throw new Error('The HTTP interface has no business with this part of the store');
};

/** These tests call nobody. */
const noEgress: Egress = {
  post: notHere,
  request: notHere,
  check: notHere,
  addressesOf: notHere,
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

/** Made when the first file comes. */
function temporaryFolder(): { path: string; remove(): void } {
  const path = join(tmpdir(), `zapfleet-http-${randomUUID()}`);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

function memoryStore({ sessions, messages }: Held, real: Store): Store {
  const after = <T extends { id: string }>(rows: T[], from: string | undefined, limit: number): T[] =>
    rows
      .filter(({ id }) => from === undefined || id > from)
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .slice(0, limit);
  return {
    // What the interface writes itself is about accounts and what they did; those rows are real ones.
    commit: (change) => (change.every(({ kind }) => learnt.has(kind)) ? committed : real.commit(change)),
    accounts: real.accounts,
    sessions: {
      get: (id) => Promise.resolve(sessions.get(id) ?? null),
      byName: (tenantId, name) =>
        Promise.resolve(
          [...sessions.values()].find(
            (record) => record.tenantId === tenantId && record.name.toLowerCase() === name.toLowerCase(),
          ) ?? null,
        ),
      list: (filter) => {
        const fitting = [...sessions.values()].filter(
          (record) =>
            (filter.tenantId === null || record.tenantId === filter.tenantId) &&
            (filter.state === undefined || record.state.name === filter.state) &&
            (filter.q === undefined || record.name.includes(filter.q)),
        );
        return Promise.resolve(after(fitting, filter.after, filter.limit));
      },
      countByState: ({ tenantId, sessionIds }) => {
        const counts = new Map<SessionStateName, number>();
        for (const { id, tenantId: owner, state } of sessions.values()) {
          if ((tenantId !== null && owner !== tenantId) || sessionIds?.includes(id) === false) continue;
          counts.set(state.name, (counts.get(state.name) ?? 0) + 1);
        }
        return Promise.resolve(counts);
      },
      toRestore: notHere,
      secret: () => Promise.resolve(null),
    },
    messages: {
      get: (id, tenantId) =>
        Promise.resolve(
          messages.find((record) => record.id === id && (tenantId === null || record.tenantId === tenantId)) ?? null,
        ),
      byWaIds: notHere,
      list: ({ sessionId, chats, status, after: from, limit }) => {
        const fitting = messages.filter(
          (record) =>
            record.sessionId === sessionId &&
            (chats === undefined || chats.includes(record.chat)) &&
            (status === undefined || record.status === status),
        );
        return Promise.resolve(after(fitting, from, limit));
      },
      latest: notHere,
      search: () => Promise.resolve([]),
      unread: notHere,
      standing: notHere,
      unsent: notHere,
      expired: notHere,
      nextExpiry: notHere,
      kept: notHere,
    },
    contacts: {
      resolve: (_session, known) => Promise.resolve(known),
      list: () => Promise.resolve([]),
      find: () => Promise.resolve(null),
    },
    chats: { get: () => Promise.resolve(null), list: () => Promise.resolve([]) },
    tenants: {
      ...real.tenants,
      exists: (id) => Promise.resolve(id === defaultTenantId || id === otherTenantId),
    },
    idempotency: { get: notHere },
    credentials: notHere,
    gate: { days: notHere },
    webhooks: { get: notHere, list: notHere, all: notHere },
    deliveries: {
      ...{ get: notHere, list: notHere, due: notHere, chatAfter: notHere },
      ...{ nextDueAt: notHere, pendingSeqs: notHere, countPending: () => Promise.resolve(7), readUpTo: notHere },
    },
    teardowns: { get: notHere, unfinished: notHere },
    cleanups: { get: notHere, unfinished: notHere },
    figures: real.figures,
    credentialOwners: notHere,
    media: real.media,
    ping: () => Promise.resolve(),
    ready: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

export type FakeFleet = Fleet & {
  /** What is on show. */
  readonly shown: Map<SessionId, LiveQr>;
  /** Shows a code and tells who waits for one. */
  show(id: SessionId, code: LiveQr): void;
  readonly deletes: Deletes;
};

function countsOf(records: Iterable<SessionRecord>): SessionCount[] {
  return [...records].map(({ tenantId, engine, network, state }) => ({
    ...{ tenantId, engine, network, state: state.name, count: 1 },
    degraded: state.name === 'connected' && state.health.status === 'degraded' ? 1 : 0,
  }));
}

function memoryFleet(sessions: Held['sessions']): FakeFleet {
  const shown = new Map<SessionId, LiveQr>();
  const waiting = new Set<(id: SessionId) => void>();
  const existing = (id: SessionId): SessionRecord => {
    const record = sessions.get(id);
    if (!record) throw new GatewayError('session_not_found');
    return record;
  };
  const put = (record: SessionRecord): Promise<SessionRecord> => {
    sessions.set(record.id, record);
    return Promise.resolve(record);
  };
  const stopped = { name: 'stopped', since: startedAt, cause: null } as const;
  const connecting = { name: 'connecting', since: startedAt, attempt: 0, cause: null } as const;
  const { deletes, ...endings } = memoryEndings(sessions, startedAt);
  return {
    ...endings,
    deletes,
    shown,
    show(id, code) {
      shown.set(id, code);
      for (const look of waiting) look(id);
    },
    defaults: {
      engine: 'baileys',
      network: 'whatsapp',
      timeZone: 'America/Sao_Paulo',
      ignore: { groups: false, status: true, newsletters: true },
    },
    engines: () =>
      Promise.resolve([
        { engine: 'baileys', usable: true, version: '7', missing: null, help: null, capabilities: ['text'] },
      ]),
    capabilities: () => ['text', 'quote'],
    create({ start, ...session }, also = () => []) {
      const taken = [...sessions.values()].some(
        ({ tenantId, name }) => tenantId === session.tenantId && name.toLowerCase() === session.name.toLowerCase(),
      );
      if (taken) throw new GatewayError('session_name_taken', undefined, { name: session.name });
      const record = sessionRecord({ ...session, ...(start && { desired: 'running', state: connecting }) });
      also(record.id);
      return put(record);
    },
    patch(id, { timeZone, proxy, ...settings }) {
      const record = existing(id);
      const shown = proxy ? { proxy } : {};
      return put({ ...record, ...(timeZone && { timeZone }), settings: { ...record.settings, ...settings, ...shown } });
    },
    start: (id) => put({ ...existing(id), desired: 'running', state: connecting }),
    stop: (id) => put({ ...existing(id), desired: 'stopped', state: stopped }),
    restart: (id) => put({ ...existing(id), desired: 'running', state: connecting }),
    qr: (id) => shown.get(id) ?? null,
    waitForQr: (id, _ms, signal) =>
      new Promise((resolve) => {
        const look = (): void => {
          const code = shown.get(id);
          if (code === undefined && !signal.aborted) return;
          waiting.delete(look);
          resolve(code ?? null);
        };
        waiting.add(look);
        signal.addEventListener('abort', look);
        look();
      }),
    requestPairingCode: () => Promise.resolve({ code: 'ABCD-1234', expiresAt: startedAt + 60_000 }),
    counts: () => countsOf(sessions.values()),
    suspend: () => Promise.resolve(),
    resume: () => Promise.resolve(),
  };
}

export type FakeOutbox = Outbox & {
  readonly requests: SendRequest[];
  answer: (session: SessionRecord) => MessageRecord;
  /** What comes of an edit or a revoke. */
  change: (message: MessageRecord, how: { edit?: EditMessage; waitMs: number }) => ChangeOutcome;
};

function memoryOutbox(): FakeOutbox {
  const outbox: FakeOutbox = {
    requests: [],
    answer: (session) => messageRecord(session),
    change: (message) => ({ message, by: null }),
    // eslint-disable-next-line @typescript-eslint/require-await -- a thrown answer becomes a rejection
    send: async (session, request) => {
      outbox.requests.push(request);
      return outbox.answer(session);
    },
    edit: (_session, message, edit, waitMs) => Promise.resolve(outbox.change(message, { edit, waitMs })),
    revoke: (_session, message, waitMs) => Promise.resolve(outbox.change(message, { waitMs })),
  };
  return outbox;
}

type DataOf<T extends EventType> = Extract<GatewayEvent, { type: T }>['data'];
export type Answer = { status: number; headers: LightMyRequestResponse['headers']; body: unknown; raw: Buffer };
export type CallOptions = { key?: string | null; headers?: Record<string, string>; body?: unknown };

export type TestApp = AsyncDisposable & {
  people: People;
  app: FastifyInstance;
  store: Store;
  /** The one below `store`, with all its rows. */
  real: Store;
  media: OpenedMedia;
  events: EventLog;
  fleet: FakeFleet;
  outbox: FakeOutbox;
  webhooks: FakeWebhooks;
  clock: ReturnType<typeof manualClock>;
  log: ReturnType<typeof memoryLog>;
  messages: MessageRecord[];
  /** With the master key unless `key` says otherwise; null sends none. A text or bytes as body go as they are. */
  call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'HEAD', path: string, options?: CallOptions): Promise<Answer>;
  addSession(patch?: Partial<SessionRecord>): SessionRecord;
  /** Has this session logged in, through a run that can do so much. */
  online(session: SessionRecord, run: Partial<EngineRun>): void;
  /** Appends an event and answers its `seq`. */
  emit<T extends EventType>(session: SessionRecord, type: T, data: DataOf<T>): number;
  /** Events up to this `seq` are past their age. */
  forget(upTo: number): void;
  /** Listens at a free port. */
  listen(): Promise<string>;
};

/** What the interface needs of the configuration. */
export const testConfig = {
  metricsToken,
  publicUrl: null,
  trustProxy: [],
  rateLimits: { perCaller: 0, wrongKeys: 0 },
  webhookEnabled: true,
  sessionName: 'default',
  defaultNetwork: 'whatsapp' as const,
};

/** Every answer is held against the contract. */
export async function startApp(parts: Partial<AppParts> = {}): Promise<TestApp> {
  const held: Held = { sessions: new Map(), messages: [] };
  const feed = testFeed();
  const events = createEventLog(feed);
  const webhooks = memoryWebhooks(startedAt);
  const clock = manualClock();
  const log = memoryLog();
  const real = await openStore({ path: null, encryptionKeys: [randomBytes(32)], clock, log });
  await real.store.commit([{ kind: 'tenant.insert', record: otherTenant }]);
  const store = memoryStore(held, real.store);
  const { online, ...asking } = createAsking({
    ...{ store, clock, log },
    engines: [{ name: 'baileys', capabilities: new Set(capabilities) }],
  });
  const fleet = memoryFleet(held.sessions);
  const outbox = memoryOutbox();
  const files = temporaryFolder();
  const media = openMedia({
    ...{ store: real.store, clock, newId, log, secrets: [randomBytes(32)], egress: noEgress },
    files: filesOnDisk(files.path),
    limits: { most: 100_000, mostUnasked: 1000, downloadsAtOnce: 2, maxAgeMs: null, maxTotal: null },
  });
  const people = createPeople({ config: { apiKey: masterKey, jwtSecret }, store, clock, newId, log });
  const { find, holds } = people.callers;
  people.callers = {
    ...people.callers,
    find: (key) => callers.get(key) ?? find(key),
    holds: (caller) =>
      [...callers.values()].some(({ actor }) => actor === caller.actor) ? Promise.resolve(true) : holds(caller),
  };
  const stats = await openStats({ store: real.store, events, clock, log });
  const app = await buildApp({
    ...{
      lagMs: () => 0,
      config: testConfig,
      webhooks,
      stats,
      store,
      events,
      fleet,
      outbox,
      asking,
      media: media.library,
      tellings: { knows: () => false, receive: () => Promise.resolve('nobody' as const) },
      clock,
      log,
      startedAt,
    },
    sandbox: null,
    validateAnswers: true,
    newId,
    people,
    ...parts,
  });
  return {
    ...{
      app,
      people,
      webhooks,
      store,
      real: real.store,
      media,
      events,
      fleet,
      outbox,
      clock,
      log,
      messages: held.messages,
    },
    async call(method, path, { key = masterKey, headers = {}, body } = {}) {
      const request: InjectOptions = {
        method,
        url: path,
        headers: { ...(key !== null && { 'x-api-key': key }), ...headers },
      };
      if (typeof body === 'string' || Buffer.isBuffer(body)) request.payload = body;
      else if (body !== undefined) request.payload = JSON.stringify(body);
      if (body !== undefined) request.headers = { 'content-type': 'application/json', ...request.headers };
      const { statusCode, headers: answered, rawPayload } = await app.inject(request);
      const json = String(answered['content-type']).startsWith('application/json;');
      const read: unknown = json && rawPayload.length > 0 ? JSON.parse(rawPayload.toString()) : rawPayload.toString();
      return { status: statusCode, headers: answered, body: read, raw: rawPayload };
    },
    addSession(patch) {
      const record = sessionRecord(patch);
      held.sessions.set(record.id, record);
      return record;
    },
    online: (session, run) => online(session, run as EngineRun),
    emit(session, type, data) {
      const seq = feed.last() + 1;
      const { id, name, tenantId } = session;
      const envelope = {
        id: newId('evt'),
        seq,
        type,
        version: 1,
        occurredAt: new Date(clock.now()).toISOString(),
        tenantId,
        session: { id, name },
        data,
      };
      feed.append({ type, tenantId, sessionId: id, json: JSON.stringify(envelope) });
      return seq;
    },
    forget: (upTo) => feed.prune(upTo),
    async listen() {
      await app.listen({ host: '127.0.0.1', port: 0 });
      return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
    },
    async [Symbol.asyncDispose]() {
      await app.close();
      await media.close();
      await stats.close();
      await real.store.close();
      files.remove();
    },
  };
}

/** The body of an error as tests look at it. */
export function errorOf({ body }: Answer): { code: string; message: string; details: Record<string, unknown> } {
  return (body as { error: { code: string; message: string; details: Record<string, unknown> } }).error;
}
