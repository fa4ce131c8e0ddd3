/** The log of events. */
import { z } from 'zod';
import { GatewayEvent, eventTypes } from '../events.ts';
import { Limit, pageOf } from '../fields.ts';
import { defineOperation } from '../operation.ts';
import { tenantQuery } from '../parameters.ts';

export const eventOperations = {
  listEvents: defineOperation({
    id: 'listEvents',
    limitedKeys: true,
    method: 'GET',
    path: '/events',
    tag: 'Events',
    summary: 'Events after a cursor, oldest first; or the newest first; kept for 7 days',
    access: 'viewer',
    query: tenantQuery.extend({
      after: z.coerce
        .number()
        .int()
        .min(0)
        .default(0)
        .meta({ description: 'Only events with a larger `seq`; 0: from the oldest that is kept' }),
      types: z
        .string()
        .max(1000)
        .optional()
        .meta({
          description: `Comma-separated types or groups, e.g. \`message.*,session.connected\`. Types: ${eventTypes.join(', ')}`,
        }),
      sessionId: z.string().max(100).optional(),
      order: z.enum(['oldest', 'newest']).optional().meta({
        description: '`newest`: the newest first, and `nextCursor` is the `before` of the next page. Usual: `oldest`',
      }),
      before: z.coerce.number().int().min(1).optional().meta({
        description: 'With `order=newest`: only events with a smaller `seq`',
      }),
      limit: Limit(1000, 100),
    }),
    answers: {
      200: {
        meaning: 'A page of events; `nextCursor` is the `after` (or `before`) of the next call',
        schema: pageOf(GatewayEvent),
      },
    },
    errors: ['events_gone', 'session_not_found', 'tenant_not_found', 'forbidden'],
  }),
  streamEvents: defineOperation({
    id: 'streamEvents',
    limitedKeys: true,
    method: 'GET',
    path: '/events/stream',
    tag: 'Events',
    summary: 'Events live, as server-sent events',
    description:
      'With `Last-Event-ID` (the `seq` of the last event seen) it begins with what was missed. `event:` is the type, `id:` the `seq`, `data:` the envelope. Where some of what was missed is kept no more, it begins with `event: gap` and `{after, oldest, newest}`.',
    access: 'viewer',
    query: tenantQuery.extend({
      after: z.coerce
        .number()
        .int()
        .min(0)
        .optional()
        .meta({ description: 'As `Last-Event-ID`, for clients that cannot set headers' }),
      types: z.string().max(1000).optional(),
      sessionId: z.string().max(100).optional(),
    }),
    headers: z.object({
      'last-event-id': z
        .string()
        .regex(/^\d{1,15}$/, 'must be the seq of an event')
        .optional(),
    }),
    answers: { 200: { meaning: 'The stream', types: ['text/event-stream'] } },
    errors: ['session_not_found', 'tenant_not_found', 'forbidden'],
  }),
} as const;
