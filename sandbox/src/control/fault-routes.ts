import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Fault } from '../network/faults.ts';
import { Refused } from '../network/refused.ts';
import type { Controls } from './controls.ts';
import { phoneOf } from './phone-routes.ts';

const Target = {
  phoneNumber: z.string().min(1).optional(),
  device: z.number().int().positive().optional(),
  times: z.number().int().positive().max(1_000_000).optional(),
};
const FaultBody = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['drop', '515', '503', 'replaced', 'banned', 'outdated', 'logout']), ...Target }),
  z.object({ kind: z.enum(['hang', 'silent']), ms: z.number().int().positive().max(86_400_000).optional(), ...Target }),
  z.object({
    kind: z.literal('error'),
    phase: z.enum(['pairing', 'paired']).default('paired'),
    code: z.number().int().min(100).max(999),
    conflict: z.string().min(1).optional(),
    ...Target,
  }),
]);

/** Kinds that the table of calls names and that are not built yet. */
const LaterBody = z.object({ kind: z.enum(['ack_error', 'slow', 'duplicate', 'corrupt']) });

export function faultRoutes(http: FastifyInstance, { world, faults }: Controls): void {
  http.post('/sandbox/faults', (request, reply) => {
    const later = LaterBody.safeParse(request.body);
    if (later.success) {
      throw new Refused(501, 'not_implemented', 'The sandbox cannot do this yet.', { kind: later.data.kind });
    }
    const { phoneNumber, device, times, ...fault } = FaultBody.parse(request.body);
    const phone = phoneNumber === undefined ? undefined : phoneOf(world, { phone: phoneNumber }).phone;
    const ordered = faults.order(fault, { phone, device }, times);
    return reply.code(201).send({ ...faultView(ordered), struck: ordered.struck });
  });

  http.get('/sandbox/faults', () => ({ data: faults.list().map(faultView), nextCursor: null }));

  http.delete('/sandbox/faults', () => ({ removed: faults.clear() }));
}

function faultView({ id, fault, phone, device, left }: Fault): object {
  return { id, ...fault, phoneNumber: phone ?? null, device: device ?? null, left };
}
