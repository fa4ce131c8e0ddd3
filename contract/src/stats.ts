/** Statistics: what sessions did in the last minutes. */
import { z } from 'zod';
import { pageOf, Time } from './fields.ts';
import { idSchema } from './ids.ts';
import { SessionStateName } from './session.ts';

/** As long as events are kept. */
export const MOST_MINUTES = 7 * 24 * 60;

const count = z.number().int();
const rate = z.number().min(0).max(1).nullable();

const messages = {
  in: count.meta({ description: 'Received' }),
  out: count.meta({ description: 'Acknowledged by WhatsApp: sent here, or on another device of the account' }),
  failed: count.meta({ description: 'Could not be sent, or not in their time' }),
};
const pairings = {
  succeeded: count.meta({ description: 'An account was linked and logged in' }),
  failed: count.meta({
    description: 'A code was shown and not used in time, the connection was lost, or WhatsApp refused it',
  }),
};
const webhooks = {
  delivered: count,
  failedAttempts: count.meta({ description: 'Attempts that failed, those that are tried again and the last ones' }),
  dead: count.meta({ description: 'Deliveries that were given up' }),
};

const figures = {
  messages: z.object({
    ...messages,
    inPerMinute: z.number().meta({ description: 'On average over all minutes asked for' }),
    outPerMinute: z.number(),
  }),
  pairings: z.object({
    ...pairings,
    successRate: rate.meta({ description: 'From 0 to 1; null where none ended' }),
  }),
  webhooks: z.object({
    ...webhooks,
    successRate: rate.meta({ description: 'Of all attempts, from 0 to 1; null where there were none' }),
  }),
};

export const StatsTotal = z
  .object({
    sessions: z.object({ count, byState: z.record(SessionStateName, count) }).meta({ description: 'As they are now' }),
    ...figures,
  })
  .meta({ id: 'StatsTotal', description: 'Of all sessions asked for, also of those that are gone meanwhile' });

export const SessionStats = z
  .object({ sessionId: idSchema('ses'), name: z.string(), state: SessionStateName, ...figures })
  .meta({ id: 'SessionStats' });
export type SessionStats = z.infer<typeof SessionStats>;

export const StatsMinute = z
  .object({ at: Time, messages: z.object(messages), pairings: z.object(pairings), webhooks: z.object(webhooks) })
  .meta({ id: 'StatsMinute' });
export type StatsMinute = z.infer<typeof StatsMinute>;

export const Stats = z
  .object({
    from: Time,
    to: Time.meta({ description: 'Now: the last minute has just begun' }),
    minutes: count,
    total: StatsTotal,
    series: z
      .array(StatsMinute)
      .nullable()
      .meta({ description: 'With `minutes`: each of them, oldest first, of what `total` counts' }),
    ...pageOf(SessionStats).shape,
  })
  .meta({ id: 'Stats' });
export type Stats = z.infer<typeof Stats>;
