import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { capChats, liftRestrictions, lockReachout } from '../network/restrictions.ts';
import type { World } from '../network/world.ts';
import type { Account } from '../store/accounts.ts';
import type { Controls } from './controls.ts';
import { phoneOf } from './phone-routes.ts';

const Until = z.coerce.date();
const RestrictBody = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('reachout_lock'),
    until: Until,
    enforcementType: z.string().min(1).max(100).default('RESTRICT_ALL_COMPANIONS'),
    scope: z.enum(['cold', 'all']).default('cold'),
  }),
  z.object({
    kind: z.literal('capping'),
    until: Until,
    status: z.enum(['NONE', 'FIRST_WARNING', 'SECOND_WARNING', 'CAPPED']).default('CAPPED'),
    used: z.number().int().nonnegative().default(100),
    total: z.number().int().nonnegative().default(100),
  }),
]);

/** What the network holds a phone's account back from, and its end. */
export function restrictionRoutes(http: FastifyInstance, { world }: Controls): void {
  http.post('/sandbox/phones/:phone/restriction', (request, reply) => {
    const account = phoneOf(world, request.params);
    const restriction = RestrictBody.parse(request.body);
    const until = restriction.until.getTime();
    world.db.transaction(() => {
      if (restriction.kind === 'reachout_lock') {
        const { enforcementType: type, scope } = restriction;
        lockReachout(world, account, { until, type, scope });
      } else {
        const { status, used, total } = restriction;
        capChats(world, account, { status, used, total, since: world.clock.now(), until });
      }
    });
    return reply.code(201).send(restrictionView(world, account));
  });

  http.get('/sandbox/phones/:phone/restriction', (request) => restrictionView(world, phoneOf(world, request.params)));

  http.delete('/sandbox/phones/:phone/restriction', (request) => {
    const account = phoneOf(world, request.params);
    world.db.transaction(() => liftRestrictions(world, account));
    return restrictionView(world, account);
  });
}

function restrictionView(world: World, { phone }: Account): object {
  const now = world.clock.now();
  const lock = world.restrictions.lock(phone, now);
  const quota = world.restrictions.quota(phone, now);
  const time = (ms: number) => new Date(ms).toISOString();
  return {
    reachoutLock:
      lock === undefined ? null : { until: time(lock.until), enforcementType: lock.type, scope: lock.scope },
    capping:
      quota === undefined
        ? null
        : { until: time(quota.until), status: quota.status, used: quota.used, total: quota.total },
  };
}
