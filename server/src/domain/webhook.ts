/** A webhook: where events go, and in which state that is. Times are ms since the epoch. */
import type { SessionId, TenantId, Webhook, WebhookCauseCode, WebhookId } from '@zapfleet/contract';
import { isoTime, isoTimeOrNull } from './resources.ts';

export type WebhookState =
  | { name: 'active' }
  /** Deliveries wait. */
  | { name: 'paused' }
  /** Nothing is kept for it. */
  | { name: 'disabled'; cause: WebhookCauseCode };

export type WebhookRecord = {
  id: WebhookId;
  tenantId: TenantId;
  /** null: events of all sessions of the tenant. */
  sessionId: SessionId | null;
  url: string;
  /** Patterns of event types. */
  events: readonly string[];
  headers: Readonly<Record<string, string>>;
  /** `whsec_…`; null when it cannot be decrypted any more. */
  secret: string | null;
  oldSecret: { secret: string; until: number } | null;
  strictOrder: boolean;
  state: WebhookState;
  /** The first failure since the last success. */
  failingSince: number | null;
  /** Events with a larger `seq` are for it. */
  after: number;
  createdAt: number;
  updatedAt: number;
};

export type WebhookPatch = Partial<Omit<WebhookRecord, 'id' | 'tenantId' | 'sessionId' | 'after' | 'createdAt'>>;

const FAILING_LIMIT_MS = 5 * 24 * 3_600_000;

/** Whether a failure now is one too many: there was nothing but failures for five days. */
export function isGivenUp({ failingSince }: Pick<WebhookRecord, 'failingSince'>, now: number): boolean {
  return failingSince !== null && now - failingSince >= FAILING_LIMIT_MS;
}

const causeMessages: Record<WebhookCauseCode, string> = {
  gone: 'The receiver answered 410: it does not want to be called any more. Resume the webhook when that has changed.',
  failing:
    'The receiver did nothing but fail for five days. Mend it, resume the webhook, and replay what happened meanwhile.',
  secret_unreadable:
    'The secret was encrypted with a key that this server no longer has. Rotate the secret, then resume the webhook.',
};

export const webhookCause = (code: WebhookCauseCode) => ({ code, message: causeMessages[code] });

/** As the outside sees it: without its secret, and without what its headers say. */
export function webhookResource(record: WebhookRecord, now: number): Webhook {
  const { state, oldSecret } = record;
  return {
    id: record.id,
    tenantId: record.tenantId,
    sessionId: record.sessionId,
    url: record.url,
    events: [...record.events],
    headers: hiddenHeaders(record),
    strictOrder: record.strictOrder,
    state: state.name,
    cause: state.name === 'disabled' ? webhookCause(state.cause) : null,
    failingSince: isoTimeOrNull(record.failingSince),
    oldSecretUntil: oldSecret && oldSecret.until > now ? isoTime(oldSecret.until) : null,
    createdAt: isoTime(record.createdAt),
    updatedAt: isoTime(record.updatedAt),
  };
}

/** Their names; what they say is hidden. */
export function hiddenHeaders({ headers }: Pick<WebhookRecord, 'headers'>): Record<string, string> {
  return Object.fromEntries(Object.keys(headers).map((name) => [name, HIDDEN]));
}

/** Stands where a secret is. */
export const HIDDEN = '***';
