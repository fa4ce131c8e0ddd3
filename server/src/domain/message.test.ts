import { messageStatuses } from '@zapfleet/contract';
import { describe, expect, it } from 'vitest';
import { statusesBefore } from './message.ts';

describe('the status of a message', () => {
  it('only goes forward', () => {
    expect(statusesBefore('sent')).toEqual(['queued', 'sending']);
    expect(statusesBefore('delivered')).toEqual(['queued', 'sending', 'sent']);
    expect(statusesBefore('read')).toEqual(['queued', 'sending', 'sent', 'delivered']);
  });

  it('never fails once WhatsApp has the message, and never leaves a final failure', () => {
    expect(statusesBefore('failed')).toEqual(['queued', 'sending']);
    for (const status of messageStatuses) {
      for (const final of ['failed', 'expired', 'cancelled']) expect(statusesBefore(status)).not.toContain(final);
    }
  });
});
