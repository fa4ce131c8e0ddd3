/** One attempt: sign, send, and note what came of it. */
import type { AttemptRecord } from '../domain/delivery.ts';
import { EgressFailure } from '../domain/egress-failure.ts';
import type { WebhookRecord } from '../domain/webhook.ts';
import type { Clock } from '../ports/clock.ts';
import type { Egress, EgressHeaders } from '../ports/egress.ts';
import { signedHeaders } from './sign.ts';

export type AttemptResult = { record: AttemptRecord; retryAfter: string | undefined };

const TIMEOUT_MS = 15_000;
const BODY_KEPT = 500;

export type Letter = { id: string; body: string };

/** null: it was given up by the signal, and nothing can be said of it. Does not reject. */
export async function attempt(
  { egress, clock }: { egress: Egress; clock: Clock },
  webhook: WebhookRecord,
  { id, body }: Letter,
  signal: AbortSignal,
): Promise<AttemptResult | null> {
  const at = clock.now();
  const done = (status: number | null, error: string | null, said: string | null): AttemptRecord => ({
    ...{ at, ms: Math.max(0, clock.now() - at), status, error, body: said },
  });
  try {
    const headers = {
      ...webhook.headers,
      ...signedHeaders(webhook, id, body, at),
      'content-type': 'application/json',
    };
    const answer = await egress.post({
      url: webhook.url,
      headers,
      body,
      withinMs: TIMEOUT_MS,
      keep: BODY_KEPT,
      signal,
    });
    const error = sentenceFor(answer.status);
    return { record: done(answer.status, error, answer.body), retryAfter: retryAfterIn(answer.headers) };
  } catch (error) {
    if (signal.aborted) return null;
    const reason = error instanceof EgressFailure ? error.message : 'The call failed by a fault of this server.';
    return { record: done(null, reason, null), retryAfter: undefined };
  }
}

function sentenceFor(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  // The signature is meant for one address; who moves says so by changing the webhook.
  if (status >= 300 && status < 400) return `The receiver answered ${status}. Redirects are not followed.`;
  return `The receiver answered ${status}.`;
}

function retryAfterIn({ 'retry-after': value }: EgressHeaders): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
