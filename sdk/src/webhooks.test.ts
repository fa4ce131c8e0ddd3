import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { verifyWebhook, WebhookRefused } from './webhooks.ts';

const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
const body = JSON.stringify({ id: 'evt_1', type: 'message.received' });

function signed(by = secret, at = new Date()): Record<string, string> {
  return {
    'Webhook-Id': 'evt_1',
    'Webhook-Timestamp': String(Math.floor(at.getTime() / 1000)),
    'Webhook-Signature': new Webhook(by).sign('evt_1', at, body),
  };
}

describe('a received webhook', () => {
  it('is an event where it was signed with the secret, in whatever form headers and body come', () => {
    expect(verifyWebhook({ secret, headers: signed(), body })).toEqual(JSON.parse(body));
    expect(verifyWebhook({ secret, headers: new Headers(signed()), body: Buffer.from(body) })).toEqual(
      JSON.parse(body),
    );
  });

  it('is refused where the body was changed, the secret is another, it is old, or nothing was signed', () => {
    const other = `whsec_${Buffer.alloc(24, 8).toString('base64')}`;
    const old = new Date(Date.now() - 10 * 60_000);
    for (const wrong of [
      { headers: signed(), body: body.replace('received', 'revoked') },
      { headers: signed(other), body },
      { headers: signed(secret, old), body },
      { headers: {}, body },
    ]) {
      expect(() => verifyWebhook({ secret, ...wrong })).toThrow(WebhookRefused);
    }
  });
});
