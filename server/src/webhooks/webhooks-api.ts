/** What the rest of the server may ask of the webhooks. Implemented by open-webhooks.ts. */
import type { DeliveryStatus, SessionId, TenantId, WebhookTestResult } from '@zapfleet/contract';
import type { DeliveryRecord } from '../domain/delivery.ts';
import type { WebhookRecord } from '../domain/webhook.ts';
import type { Change, WebhookFilter } from '../ports/store.ts';
import type { DeliveryCounts } from './tally.ts';

export type NewWebhook = {
  tenantId: TenantId;
  url: string;
  events: readonly string[];
  headers?: Readonly<Record<string, string>> | undefined;
  /** Made where there is none. */
  secret?: string | undefined;
  strictOrder?: boolean | undefined;
};

export type WebhookSettings = {
  url?: string | undefined;
  events?: readonly string[] | undefined;
  headers?: Readonly<Record<string, string>> | null | undefined;
  strictOrder?: boolean | undefined;
};

export type ReplayRange = { from: number; to: number; onlyDead: boolean };

/** What names a webhook by its id throws `webhook_not_found`; `tenantId: null` looks everywhere. */
export type Webhooks = {
  /** Throws `validation_failed` for an address that may not be called, as far as that can be said now. */
  create(webhook: NewWebhook, sessionId: SessionId | null): Promise<WebhookRecord>;
  /** Makes webhooks in the commit that makes their session: `create` gets what belongs into it. Throws `validation_failed`, and what `create` throws. */
  createWith<T>(
    webhooks: readonly NewWebhook[],
    create: (also: (sessionId: SessionId) => Change) => Promise<T>,
  ): Promise<{ created: T; records: WebhookRecord[] }>;
  list(filter: WebhookFilter): Promise<WebhookRecord[]>;
  find(id: string, tenantId: TenantId | null): Promise<WebhookRecord>;
  patch(id: string, tenantId: TenantId | null, settings: WebhookSettings): Promise<WebhookRecord>;
  remove(id: string, tenantId: TenantId | null): Promise<WebhookRecord>;
  pause(id: string, tenantId: TenantId | null): Promise<WebhookRecord>;
  resume(id: string, tenantId: TenantId | null): Promise<WebhookRecord>;
  /** Without a secret one is made. */
  rotateSecret(id: string, tenantId: TenantId | null, secret: string | undefined): Promise<WebhookRecord>;
  test(id: string, tenantId: TenantId | null): Promise<WebhookTestResult>;
  /** The newest first, as they are at this moment. */
  deliveries(
    id: string,
    tenantId: TenantId | null,
    filter: { status?: DeliveryStatus; before?: number; limit: number },
  ): Promise<DeliveryRecord[]>;
  /** Throws `delivery_not_found`, also where its event is kept no more. */
  delivery(id: string, tenantId: TenantId | null, deliveryId: string): Promise<DeliveryRecord>;
  /** Throws `delivery_not_found`. */
  replay(id: string, tenantId: TenantId | null, deliveryId: string): Promise<DeliveryRecord>;
  /** Answers how many are pending because of it. */
  replayRange(id: string, tenantId: TenantId | null, range: ReplayRange): Promise<number>;
  /** For metrics: what became of deliveries since the start, of one tenant or (null) of all. */
  counts(tenantId: TenantId | null): DeliveryCounts;
  /** For statistics: resolves when the figures in the store know of all deliveries that ended, if they can be stored. */
  settle(): Promise<void>;
  /** How many webhooks there are in each state, of one tenant or (null) of all. */
  states(tenantId: TenantId | null): Record<WebhookRecord['state']['name'], number>;
};
