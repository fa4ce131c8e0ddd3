/** Webhooks: makes and changes them, follows the log of events, and keeps what became of each delivery. */
import { randomBytes } from 'node:crypto';
import { type NewId, type SessionId, type TenantId, type WebhookId, webhookStates } from '@zapfleet/contract';
import { attemptResource, type DeliveryRecord, seqOfDelivery } from '../domain/delivery.ts';
import { EgressFailure } from '../domain/egress-failure.ts';
import { GatewayError, invalidField } from '../domain/gateway-error.ts';
import { isoTime } from '../domain/resources.ts';
import type { WebhookPatch, WebhookRecord } from '../domain/webhook.ts';
import type { Clock } from '../ports/clock.ts';
import type { Egress } from '../ports/egress.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import { attempt } from './attempt.ts';
import { bodyOf, type QrParts } from './body.ts';
import { dispatch } from './dispatcher.ts';
import { eventIdOf } from './event-facts.ts';
import { Lane, type LaneParts } from './lane.ts';
import { createLedger } from './ledger.ts';
import { createRegistry } from './registry.ts';
import { replayRange } from './replay-range.ts';
import { createTally } from './tally.ts';
import type { NewWebhook, Webhooks } from './webhooks-api.ts';

export type WebhookParts = QrParts & {
  store: Store;
  events: EventLog;
  egress: Egress;
  clock: Clock;
  newId: NewId;
  log: Log;
  /** In [0, 1). */
  random(): number;
};

export type RunningWebhooks = Webhooks & {
  /** Begins no more attempts, waits a little for those under way, and stores what is known. */
  close(): Promise<void>;
};

const OLD_SECRET_MS = 24 * 3_600_000;
const PURGED_AT_ONCE = 2000;
const CLOSE_PATIENCE_MS = 3000;
/** So long the last events of a session are sent: one call may hang, and what comes after it has its time too. */
const LAST_EVENTS_MS = 30_000;

/** Goes on from where the last process stopped. */
export async function openWebhooks(parts: WebhookParts): Promise<RunningWebhooks> {
  const { store, events, egress, clock, newId, log, random } = parts;
  const stored = await store.deliveries.readUpTo();
  const readUpTo = Math.min(stored ?? events.last(), events.last());
  const ledger = createLedger({ store, clock, log }, { position: readUpTo, stored });
  // The first time there is no cursor: from now on there is one, also if nothing is ever delivered.
  await ledger.flush();
  const registry = createRegistry();
  const tally = createTally();
  const laneParts: LaneParts = {
    ...{ store, ledger, clock, log, random },
    attempt: (webhook, job, signal) => {
      const letter = { id: eventIdOf(job.json), body: bodyOf(webhook, job, parts, clock.now()) };
      return attempt({ egress, clock }, webhook, letter, signal);
    },
    count: ({ tenantId }, sessionId, outcome) => {
      tally.add(tenantId, outcome);
      ledger.count(tenantId, sessionId, outcome);
    },
  };
  const ended = new AbortController();

  function admit(webhook: WebhookRecord): Lane {
    const lane = new Lane(webhook, laneParts);
    registry.put(lane);
    return lane;
  }

  /** Lanes of deleted sessions that still send what is left. */
  const finishing = new Set<Lane>();

  async function dismiss(lane: Lane): Promise<void> {
    registry.remove(lane.webhook.id);
    await lane.stop(0);
    ledger.forget(lane.webhook.id);
  }

  async function finish(lane: Lane): Promise<void> {
    registry.remove(lane.webhook.id);
    finishing.add(lane);
    await lane.finish(LAST_EVENTS_MS);
    finishing.delete(lane);
    ledger.forget(lane.webhook.id);
  }

  for (const webhook of await store.webhooks.all()) admit(webhook).wake();
  const dispatching = dispatch(
    {
      ...{ store, events, registry, ledger, clock, log },
      sessionEnded(lanes) {
        for (const lane of lanes) void finish(lane);
      },
    },
    readUpTo,
    ended.signal,
  );

  function laneOf(id: string, tenantId: TenantId | null): Lane {
    const lane = registry.get(id as WebhookId);
    if (!lane || (tenantId !== null && lane.webhook.tenantId !== tenantId)) throw new GatewayError('webhook_not_found');
    return lane;
  }

  async function change(lane: Lane, patch: WebhookPatch): Promise<WebhookRecord> {
    const dated = { ...patch, updatedAt: clock.now() };
    const { changed } = await store.commit([{ kind: 'webhook.update', id: lane.webhook.id, patch: dated }]);
    if (changed[0] !== true) throw new GatewayError('webhook_not_found');
    lane.update({ ...lane.webhook, ...dated });
    if (registry.get(lane.webhook.id) === lane) registry.put(lane);
    return lane.webhook;
  }

  function newRecord(webhook: NewWebhook, sessionId: SessionId | null): WebhookRecord {
    const { tenantId, url, headers = {}, secret = newSecret(), strictOrder = false } = webhook;
    const now = clock.now();
    return {
      ...{ id: newId('whk'), tenantId, sessionId, url, events: [...webhook.events], headers, secret, strictOrder },
      ...{ oldSecret: null, state: { name: 'active' }, failingSince: null, after: events.last() },
      ...{ createdAt: now, updatedAt: now },
    };
  }

  async function checkUrl(url: string, field: string): Promise<void> {
    try {
      await egress.check(url);
    } catch (error) {
      if (!(error instanceof EgressFailure)) throw error;
      // A name that is not known yet may be known when the first event comes.
      if (error.code === 'name_not_found') return;
      throw invalidField(field, `cannot be called: ${error.message.replace(/\.$/, '')}`);
    }
  }

  /** As it is at this moment. */
  async function deliveryOf(webhookId: WebhookId, wanted: string): Promise<DeliveryRecord> {
    await ledger.flush(true);
    const seq = seqOfDelivery(wanted, webhookId);
    const row = seq === null ? null : await store.deliveries.get(webhookId, seq);
    if (!row || row.json === null) throw new GatewayError('delivery_not_found');
    return row;
  }

  return {
    async create(webhook, sessionId) {
      await checkUrl(webhook.url, 'url');
      const record = newRecord(webhook, sessionId);
      await store.commit([{ kind: 'webhook.insert', record }]);
      admit(record).wake();
      return record;
    },
    async createWith(webhooks, create) {
      for (const [at, { url }] of webhooks.entries()) await checkUrl(url, `webhooks.${at}.url`);
      let lanes: Lane[] = [];
      try {
        const created = await create((sessionId) => {
          // Before the commit: the first event of the session is in it.
          lanes = webhooks.map((webhook) => admit(newRecord(webhook, sessionId)));
          return lanes.map(({ webhook }) => ({ kind: 'webhook.insert', record: webhook }));
        });
        for (const lane of lanes) lane.wake();
        return { created, records: lanes.map(({ webhook }) => webhook) };
      } catch (error) {
        for (const lane of lanes) void dismiss(lane);
        throw error;
      }
    },
    async list(filter) {
      const records = await store.webhooks.list(filter);
      // What is known in memory is a little newer.
      return records.map((record) => registry.get(record.id)?.webhook ?? record);
    },
    // eslint-disable-next-line @typescript-eslint/require-await -- what is thrown becomes a rejection
    find: async (id, tenantId) => laneOf(id, tenantId).webhook,
    async patch(id, tenantId, { url, events: patterns, headers, strictOrder }) {
      const lane = laneOf(id, tenantId);
      if (url !== undefined) await checkUrl(url, 'url');
      return change(lane, {
        ...(url !== undefined && { url }),
        ...(patterns !== undefined && { events: [...patterns] }),
        ...(headers !== undefined && { headers: headers ?? {} }),
        ...(strictOrder !== undefined && { strictOrder }),
      });
    },
    async remove(id, tenantId) {
      const lane = laneOf(id, tenantId);
      const { webhook } = lane;
      await dismiss(lane);
      // What the ledger is just writing comes to its end first.
      await ledger.flush();
      while ((await store.commit([{ kind: 'webhook.purge', id: webhook.id, limit: PURGED_AT_ONCE }])).changed[0]);
      await store.commit([{ kind: 'webhook.remove', id: webhook.id }]);
      return webhook;
    },
    async pause(id, tenantId) {
      return change(laneOf(id, tenantId), { state: { name: 'paused' } });
    },
    async resume(id, tenantId) {
      const lane = laneOf(id, tenantId);
      if (lane.webhook.secret === null) return lane.webhook;
      return change(lane, { state: { name: 'active' }, failingSince: null });
    },
    async rotateSecret(id, tenantId, secret = newSecret()) {
      const lane = laneOf(id, tenantId);
      const { secret: before } = lane.webhook;
      const oldSecret = before === null ? null : { secret: before, until: clock.now() + OLD_SECRET_MS };
      return change(lane, { secret, oldSecret });
    },
    async test(id, tenantId) {
      const { webhook } = laneOf(id, tenantId);
      const session = webhook.sessionId && (await store.sessions.get(webhook.sessionId));
      const eventId = newId('evt');
      const event = {
        ...{ id: eventId, seq: 0, type: 'webhook.test', version: 1, occurredAt: isoTime(clock.now()) },
        tenantId: webhook.tenantId,
        session: session ? { id: session.id, name: session.name } : null,
        data: { webhookId: webhook.id },
      };
      const result = await attempt(
        { egress, clock },
        webhook,
        { id: eventId, body: JSON.stringify(event) },
        ended.signal,
      );
      const at = clock.now();
      const { record } = result ?? {
        record: { at, ms: 0, status: null, error: 'The server is shutting down.', code: 'shutting_down', body: null },
      };
      return { delivered: record.error === null, eventId, ...attemptResource(record) };
    },
    async deliveries(id, tenantId, { status, before, limit }) {
      const { webhook } = laneOf(id, tenantId);
      await ledger.flush(true);
      return store.deliveries.list({
        ...{ webhookId: webhook.id, limit },
        ...(status && { status }),
        ...(before !== undefined && { before }),
      });
    },
    delivery: async (id, tenantId, wanted) => deliveryOf(laneOf(id, tenantId).webhook.id, wanted),
    async replay(id, tenantId, wanted) {
      const lane = laneOf(id, tenantId);
      const webhookId = lane.webhook.id;
      const row = await deliveryOf(webhookId, wanted);
      const now = clock.now();
      await store.commit([
        row.status === 'pending'
          ? { kind: 'delivery.hurry', webhookId, seq: row.seq, now }
          : { kind: 'delivery.replay', row, onlyDead: false, now },
      ]);
      lane.wake();
      const after = await store.deliveries.get(webhookId, row.seq);
      if (!after) throw new GatewayError('delivery_not_found');
      return after;
    },
    async replayRange(id, tenantId, range) {
      const lane = laneOf(id, tenantId);
      await ledger.flush(true);
      const count = await replayRange({ store, events, now: clock.now }, lane.webhook, range, ledger.stored);
      lane.wake();
      return count;
    },
    counts: (tenantId) => tally.of(tenantId),
    async settle() {
      await ledger.settle().catch((error: unknown) => log.error({ error }, 'What was counted could not be stored yet'));
    },
    states(tenantId) {
      const counts = Object.fromEntries(webhookStates.map((name) => [name, 0])) as ReturnType<Webhooks['states']>;
      for (const { webhook } of registry.all()) {
        if (tenantId === null || webhook.tenantId === tenantId) counts[webhook.state.name] += 1;
      }
      return counts;
    },
    async close() {
      ended.abort();
      await dispatching;
      await Promise.all([...registry.all(), ...finishing].map((lane) => lane.stop(CLOSE_PATIENCE_MS)));
      await ledger.close();
    },
  };
}

function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}
