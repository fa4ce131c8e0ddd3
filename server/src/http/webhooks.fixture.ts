/** Webhooks that live in memory and call nobody, for the tests of this folder. */
import { idSequence, type WebhookId } from '@zapfleet/contract';
import { randomBytes } from 'node:crypto';
import { deliveryId, type DeliveryRecord } from '../domain/delivery.ts';
import { GatewayError, invalidField } from '../domain/gateway-error.ts';
import type { WebhookPatch, WebhookRecord } from '../domain/webhook.ts';
import type { NewWebhook, ReplayRange, Webhooks } from '../webhooks/webhooks-api.ts';

export type FakeWebhooks = Webhooks & {
  readonly records: Map<WebhookId, WebhookRecord>;
  readonly stored: DeliveryRecord[];
  readonly replays: ReplayRange[];
};

/** Addresses with "private" in them are refused. */
export function memoryWebhooks(now: number): FakeWebhooks {
  const newId = idSequence(() => now, randomBytes);
  const records = new Map<WebhookId, WebhookRecord>();
  const stored: DeliveryRecord[] = [];
  const replays: ReplayRange[] = [];

  const check = (url: string, field: string): void => {
    if (url.includes('private')) throw invalidField(field, 'cannot be called: it is private');
  };
  const put = (webhook: NewWebhook, sessionId: WebhookRecord['sessionId']): WebhookRecord => {
    const { tenantId, url, events, headers = {}, secret = 'whsec_made', strictOrder = false } = webhook;
    const record: WebhookRecord = {
      ...{ id: newId('whk'), tenantId, sessionId, url, events, headers, secret, strictOrder, oldSecret: null },
      ...{ state: { name: 'active' }, failingSince: null, after: 0, createdAt: now, updatedAt: now },
    };
    records.set(record.id, record);
    return record;
  };
  // eslint-disable-next-line @typescript-eslint/require-await -- what is thrown becomes a rejection
  const find: Webhooks['find'] = async (id, tenantId) => {
    const record = records.get(id as WebhookId);
    if (!record || (tenantId !== null && record.tenantId !== tenantId)) throw new GatewayError('webhook_not_found');
    return record;
  };
  const delivery: Webhooks['delivery'] = async (id, tenantId, wanted) => {
    const { id: webhookId } = await find(id, tenantId);
    const one = stored.find((record) => record.webhookId === webhookId && deliveryId(webhookId, record.seq) === wanted);
    if (!one) throw new GatewayError('delivery_not_found');
    return one;
  };
  const change = async (id: string, tenantId: WebhookRecord['tenantId'] | null, patch: WebhookPatch) => {
    const record = { ...(await find(id, tenantId)), ...patch };
    records.set(record.id, record);
    return record;
  };
  return {
    ...{ records, stored, replays, find },
    // eslint-disable-next-line @typescript-eslint/require-await -- what is thrown becomes a rejection
    async create(webhook, sessionId) {
      check(webhook.url, 'url');
      return put(webhook, sessionId);
    },
    async createWith(webhooks, create) {
      for (const [at, { url }] of webhooks.entries()) check(url, `webhooks.${at}.url`);
      const made: WebhookRecord[] = [];
      const created = await create((sessionId) => {
        for (const webhook of webhooks) made.push(put(webhook, sessionId));
        return [];
      });
      return { created, records: made };
    },
    list: ({ tenantId, sessionId, after, limit }) =>
      Promise.resolve(
        [...records.values()]
          .filter((one) => tenantId === null || one.tenantId === tenantId)
          .filter((one) => sessionId === undefined || one.sessionId === sessionId)
          .filter(({ id }) => after === undefined || id > after)
          .slice(0, limit),
      ),
    patch: (id, tenantId, { url, events, headers, strictOrder }) =>
      change(id, tenantId, {
        ...(url !== undefined && { url }),
        ...(events !== undefined && { events }),
        ...(headers !== undefined && { headers: headers ?? {} }),
        ...(strictOrder !== undefined && { strictOrder }),
      }),
    async remove(id, tenantId) {
      const record = await find(id, tenantId);
      records.delete(record.id);
      return record;
    },
    pause: (id, tenantId) => change(id, tenantId, { state: { name: 'paused' } }),
    resume: (id, tenantId) => change(id, tenantId, { state: { name: 'active' } }),
    async rotateSecret(id, tenantId, secret = 'whsec_other') {
      const { secret: before } = await find(id, tenantId);
      return change(id, tenantId, { secret, oldSecret: { secret: before ?? '', until: now + 1000 } });
    },
    async test(id, tenantId) {
      await find(id, tenantId);
      return {
        ...{ delivered: true, eventId: newId('evt'), at: new Date(now).toISOString() },
        ...{ ms: 5, status: 200, error: null, code: null, body: 'ok' },
      };
    },
    async deliveries(id, tenantId, { status, before, limit }) {
      const { id: webhookId } = await find(id, tenantId);
      return stored
        .filter((one) => one.webhookId === webhookId && (status === undefined || one.status === status))
        .filter(({ seq }) => before === undefined || seq < before)
        .sort((a, b) => b.seq - a.seq)
        .slice(0, limit);
    },
    delivery,
    async replay(id, tenantId, wanted) {
      return { ...(await delivery(id, tenantId, wanted)), status: 'pending' };
    },
    async replayRange(id, tenantId, range) {
      await find(id, tenantId);
      return replays.push(range);
    },
    counts: () => ({ delivered: 3, failed: 2, dead: 1 }),
    settle: () => Promise.resolve(),
    states: () => ({ active: records.size, paused: 0, disabled: 0 }),
  };
}
