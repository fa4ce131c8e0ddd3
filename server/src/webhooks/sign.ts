/** The headers of Standard Webhooks: id, time, and one signature for each secret that is valid. */
import { Webhook } from 'standardwebhooks';
import type { WebhookRecord } from '../domain/webhook.ts';

type Secrets = Pick<WebhookRecord, 'secret' | 'oldSecret'>;
type Signer = { webhook: Webhook; until: number };

/** Per record: a change makes a new one. */
const signers = new WeakMap<Secrets, readonly Signer[]>();

function signersOf(secrets: Secrets): readonly Signer[] {
  let found = signers.get(secrets);
  if (!found) {
    const { secret, oldSecret } = secrets;
    found = [
      ...(secret === null ? [] : [{ webhook: new Webhook(secret), until: Number.POSITIVE_INFINITY }]),
      ...(oldSecret ? [{ webhook: new Webhook(oldSecret.secret), until: oldSecret.until }] : []),
    ];
    signers.set(secrets, found);
  }
  return found;
}

/** `now` in ms since the epoch. */
export function signedHeaders(secrets: Secrets, id: string, body: string, now: number): Record<string, string> {
  const at = new Date(now);
  const signatures = signersOf(secrets)
    .filter(({ until }) => now < until)
    .map(({ webhook }) => webhook.sign(id, at, body));
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now / 1000)),
    'webhook-signature': signatures.join(' '),
  };
}
