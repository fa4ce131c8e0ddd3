/** Statistics. */
import { z } from 'zod';
import { Cursor, Limit } from '../fields.ts';
import { defineOperation } from '../operation.ts';
import { tenantQuery } from '../parameters.ts';
import { MOST_MINUTES, Stats } from '../stats.ts';

export const statsOperations = {
  getStats: defineOperation({
    id: 'getStats',
    limitedKeys: true,
    method: 'GET',
    path: '/stats',
    tag: 'Operations',
    summary: 'What sessions did lately, in all and each by itself',
    description:
      'Without `minutes`: in the last hour. A master that names no tenant gets all of them, a key for some sessions those. What was counted survives restarts and crashes, and is kept for 7 days. Webhooks count for the session whose event they carry.',
    access: 'viewer',
    query: tenantQuery.extend({
      minutes: z.coerce
        .number()
        .int()
        .min(1)
        .max(MOST_MINUTES)
        .optional()
        .meta({ description: 'How many, with the one that has just begun; also answers `series`' }),
      sessionId: z.string().min(1).max(100).optional().meta({ description: 'Id or name; only this one' }),
      limit: Limit(1000, 100),
      cursor: Cursor,
    }),
    answers: { 200: { meaning: 'The figures, with a page of sessions in the order of their age', schema: Stats } },
    errors: ['session_not_found', 'tenant_not_found'],
  }),
} as const;
