import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Fault } from '../network/fault-orders.ts';
import { Refused } from '../network/refused.ts';
import type { Controls } from './controls.ts';
import { phoneOf } from './phone-routes.ts';

const Target = {
  phoneNumber: z.string().min(1).optional(),
  device: z.number().int().nonnegative().optional(),
  times: z.number().int().positive().max(1_000_000).optional(),
};
const AnyPhase = { phase: z.enum(['pairing', 'paired']).optional() };
const OnlyPaired = { phase: z.literal('paired').optional() };
const Ms = z.number().int().positive().max(86_400_000);
const Way = z.enum(['received', 'sent']).default('received');
const FaultBody = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['drop', '515', '503', 'banned', 'outdated']), ...AnyPhase, ...Target }),
  z.object({ kind: z.enum(['replaced', 'logout']), ...OnlyPaired, ...Target }),
  z.object({ kind: z.literal('hang'), ms: Ms.optional(), ...AnyPhase, ...Target }),
  z.object({ kind: z.literal('silent'), ms: Ms.optional(), ...OnlyPaired, ...Target }),
  z.object({ kind: z.literal('slow'), ms: Ms.or(z.literal(0)).default(1000), ...AnyPhase, ...Target }),
  z.object({
    kind: z.literal('ack_error'),
    code: z.number().int().min(400).max(599).default(463),
    to: z.enum(['all', 'cold']).default('all'),
    ...OnlyPaired,
    ...Target,
  }),
  z.object({ kind: z.enum(['corrupt', 'stale_prekey']), way: Way, ...OnlyPaired, ...Target }),
  z.object({
    kind: z.literal('unavailable'),
    type: z.string().max(100).default('view_once'),
    ...OnlyPaired,
    ...Target,
  }),
  z.object({
    kind: z.literal('duplicate'),
    stanza: z.enum(['message', 'receipt', 'notification', 'call']).default('message'),
    when: z.enum(['at_once', 'after_reconnect']).default('at_once'),
    ...OnlyPaired,
    ...Target,
  }),
  z.object({ kind: z.enum(['media_cut', 'media_lost']), ...OnlyPaired, ...Target }),
  z.object({ kind: z.literal('media_slow'), ms: Ms.default(1000), ...OnlyPaired, ...Target }),
  z.object({
    kind: z.literal('media_gone'),
    code: z.union([z.literal(404), z.literal(410)]).default(410),
    ...OnlyPaired,
    ...Target,
  }),
  z.object({
    kind: z.literal('media_refused'),
    code: z.number().int().min(400).max(599).default(503),
    ...OnlyPaired,
    ...Target,
  }),
  z
    .object({
      kind: z.literal('error'),
      code: z.number().int().min(100).max(999),
      conflict: z.string().min(1).optional(),
      at: z.enum(['login', 'stream']).optional(),
      ms: Ms.optional(),
      ...AnyPhase,
      ...Target,
    })
    .refine(({ conflict, at }) => conflict === undefined || at !== 'login', {
      path: ['conflict'],
      message: 'a conflict is told in the stream, not at the login',
    }),
]);

export function faultRoutes(http: FastifyInstance, { world, faults }: Controls): void {
  http.post('/sandbox/faults', (request, reply) => {
    const { phoneNumber, device, times, phase, ...fault } = FaultBody.parse(request.body);
    if (phase === 'pairing' && (phoneNumber !== undefined || device !== undefined)) {
      throw new Refused(400, 'validation_failed', 'Who pairs has no phone yet: order it without one.');
    }
    const phone = phoneNumber === undefined ? undefined : phoneOf(world, { phone: phoneNumber }).phone;
    const ordered = faults.order(fault, { phone, device, phase }, times);
    return reply.code(201).send({ ...faultView(ordered), struck: ordered.struck });
  });

  http.get('/sandbox/faults', () => ({ data: world.faults.list().map(faultView), nextCursor: null }));

  http.delete('/sandbox/faults', () => ({ removed: world.faults.clear() }));
}

function faultView({ id, fault, phone, device, phase, left }: Fault): object {
  return { id, ...fault, phase: phase ?? null, phoneNumber: phone ?? null, device: device ?? null, left };
}
