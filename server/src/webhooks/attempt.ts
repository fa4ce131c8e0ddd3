/** One attempt: sign, send, and note what came of it. */
import type { DeliveryFailure } from '@zapfleet/contract';
import type { AttemptRecord } from '../domain/delivery.ts';
import { EgressFailure } from '../domain/egress-failure.ts';
import type { WebhookRecord } from '../domain/webhook.ts';
import type { Clock } from '../ports/clock.ts';
import type { Egress, EgressHeaders } from '../ports/egress.ts';
import { signedHeaders } from './sign.ts';

export type AttemptResult = { record: AttemptRecord; retryAfter: string | undefined };

const TIMEOUT_MS = 15_000;
const BODY_KEPT = 500;

/** What is noted of it. */
type Failure = { code: DeliveryFailure; error: string };

export type Letter = { id: string; body: string };

/** null: it was given up by the signal, and nothing can be said of it. Does not reject. */
export async function attempt(
  { egress, clock }: { egress: Egress; clock: Clock },
  webhook: WebhookRecord,
  { id, body }: Letter,
  signal: AbortSignal,
): Promise<AttemptResult | null> {
  const at = clock.now();
  const done = (status: number | null, failure: Failure | null, said: string | null): AttemptRecord => ({
    ...{ at, ms: Math.max(0, clock.now() - at), status },
    ...{ error: failure && failure.error, code: failure && failure.code, body: said },
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
    return {
      record: done(answer.status, failureIn(answer.status), answer.body),
      retryAfter: retryAfterIn(answer.headers),
    };
  } catch (error) {
    if (signal.aborted) return null;
    return { record: done(null, failureOf(error), null), retryAfter: undefined };
  }
}

function failureIn(status: number): Failure | null {
  if (status >= 200 && status < 300) return null;
  const error = `The receiver answered ${status}.`;
  // The signature is meant for one address; who moves says so by changing the webhook.
  if (status >= 300 && status < 400) return { code: 'redirect', error: `${error} Redirects are not followed.` };
  return { code: 'http_status', error };
}

function failureOf(error: unknown): Failure {
  const ours = { code: 'server_fault', error: 'The call failed by a fault of this server.' } as const;
  if (!(error instanceof EgressFailure)) return ours;
  const { code, message } = error;
  switch (code) {
    // No post ends so, but for one that was aborted, and of that nothing is said.
    case 'aborted':
    case 'too_large':
    case 'too_many_redirects':
      return ours;
    default:
      return { code, error: message };
  }
}

function retryAfterIn({ 'retry-after': value }: EgressHeaders): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
