import type { WebhookId } from '@zapfleet/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deliveryId, seqOfDelivery } from './delivery.ts';

const webhookId: WebhookId = 'whk_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC';
const other: WebhookId = 'whk_01JD7Z8Y4QK3V5W6X7Y8Z9A0BD';
const seqs = fc.integer({ min: 0, max: 2 ** 49 });

describe('the id of a delivery', () => {
  it('looks like every id and tells which event it is', () => {
    expect(deliveryId(webhookId, 42)).toBe('dlv_000000001AK3V5W6X7Y8Z9A0BC');
    fc.assert(
      fc.property(seqs, (seq) => {
        const id = deliveryId(webhookId, seq);
        expect(id).toMatch(/^dlv_[0-9A-HJKMNP-TV-Z]{26}$/);
        expect(seqOfDelivery(id, webhookId)).toBe(seq);
        expect(seqOfDelivery(id, other)).toBeNull();
      }),
    );
  });

  it('sorts as the events do', () => {
    fc.assert(
      fc.property(seqs, seqs, (one, two) => {
        expect(deliveryId(webhookId, one) < deliveryId(webhookId, two)).toBe(one < two);
      }),
    );
  });

  it.each([
    '',
    'dlv_',
    'dlv_1',
    'whk_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC',
    'dlv_iiiiiiiiiiK3V5W6X7Y8Z9A0BC',
    'dlv_000000001ak3v5w6x7y8z9a0bc',
  ])('is not guessed from %j', (text) => {
    expect(seqOfDelivery(text, webhookId)).toBeNull();
  });
});
