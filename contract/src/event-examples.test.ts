import { describe, expect, it } from 'vitest';
import { eventExamples } from './event-examples.ts';
import { eventCatalogue, eventTypes, GatewayEvent } from './events.ts';

describe('the example of', () => {
  it.each(eventTypes)('%s is as the contract says, and nothing of it is unknown there', (type) => {
    const data = eventExamples[type];
    expect(eventCatalogue[type].data.parse(data)).toEqual(data);
    const envelope = {
      id: 'evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC',
      seq: 42,
      type,
      version: 1,
      occurredAt: '2026-11-21T09:30:00.000Z',
      tenantId: 'ten_00000000000000000000000000',
      session: { id: 'ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC', name: 'shop-1' },
      data,
    };
    expect(GatewayEvent.parse(envelope)).toEqual(envelope);
  });
});
