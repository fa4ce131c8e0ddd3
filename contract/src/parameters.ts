/** What several operations take in the same way. */
import { z } from 'zod';
import { idSchema } from './ids.ts';

export const sessionParams = z.object({
  id: z.string().min(1).max(100).meta({ description: 'Id or name of the session' }),
});

/** Names resolve within one tenant; a master key may say which. */
export const tenantQuery = z.object({
  tenantId: idSchema('ten').optional().meta({ description: 'For a master key: the tenant meant' }),
});

const wait = z.coerce.number().min(0).max(60);
export const messageWait = wait.default(10).meta({ description: 'Seconds to wait for the acknowledgement' });
export const qrWait = wait.default(0).meta({ description: 'Seconds to wait for a QR code' });

export const mediaWait = wait.default(0).meta({ description: 'Seconds to wait for a file that is not here yet' });

export const messageParams = z.object({ id: z.string().min(1).max(100) });

export const idempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .min(1)
    .max(255)
    .optional()
    .meta({ description: 'The same key and body give the same answer for 24 h; another body is refused' }),
});
