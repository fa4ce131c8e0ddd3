/** Who receives webhooks checks here that they come from the server, and that nobody changed them on the way. */
import { Webhook } from 'standardwebhooks';
import type { GatewayEvent } from './shapes.ts';

/** The call was not signed with this secret, or it is older than five minutes. Answer it with 401. */
export class WebhookRefused extends Error {
  override readonly name = 'WebhookRefused';
}

export type ReceivedWebhook = {
  /** `whsec_…`, as `createWebhook` or `rotateWebhookSecret` answered it. */
  secret: string;
  /** Of the request, in any case: `webhook-id`, `webhook-timestamp` and `webhook-signature` are read. */
  headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The body as it came: what was parsed and written anew has another signature. */
  body: string | Uint8Array;
};

/** The event that was sent. Its `id` is the same on every attempt: keep it, and do each once. Throws `WebhookRefused`. */
export function verifyWebhook({ secret, headers, body }: ReceivedWebhook): GatewayEvent {
  const pairs = headers instanceof Headers ? [...headers] : Object.entries(headers);
  const flat = Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), String(value)]));
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  try {
    return new Webhook(secret).verify(text, flat) as GatewayEvent;
  } catch (error) {
    throw new WebhookRefused(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
