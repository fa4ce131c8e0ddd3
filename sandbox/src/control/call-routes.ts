import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Call } from '../network/call-book.ts';
import { endCall, ring } from '../network/calls.ts';
import { Refused } from '../network/refused.ts';
import type { Controls } from './controls.ts';
import { groupOf } from './group-routes.ts';
import { phoneOf } from './phone-routes.ts';

const RingBody = z.object({ to: z.string().min(1), video: z.boolean().default(false) });
const EndBody = z.object({ reason: z.enum(['hangup', 'timeout']).default('hangup') }).default({ reason: 'hangup' });
const CallParams = z.object({ phone: z.string().min(1), call: z.string().min(1) });

/** Phones ring each other and hang up. What a session says to it shows in the call’s status. */
export function callRoutes(http: FastifyInstance, { world }: Controls): void {
  http.post('/sandbox/phones/:phone/calls', (request, reply) => {
    const caller = phoneOf(world, request.params);
    const { to, video } = RingBody.parse(request.body);
    const callee = to.endsWith('@g.us') ? groupOf(world, { id: to }) : phoneOf(world, { phone: to });
    return reply.code(201).send(callView(ring(world, caller, callee, video)));
  });

  http.get('/sandbox/phones/:phone/calls', (request) => {
    const { phone } = phoneOf(world, request.params);
    return { data: world.calls.of(phone).map(callView), nextCursor: null };
  });

  http.post('/sandbox/phones/:phone/calls/:call/end', (request) => {
    const caller = phoneOf(world, request.params);
    const { call: id } = CallParams.parse(request.params);
    const { reason } = EndBody.parse(request.body ?? undefined);
    const call = world.calls.find(id);
    if (call?.from !== caller.phone) {
      throw new Refused(404, 'call_not_found', 'This phone made no such call.', { callId: id });
    }
    return callView(endCall(world, caller, call, reason));
  });
}

function callView({ startedAt, ...call }: Call): object {
  return { ...call, startedAt: new Date(startedAt).toISOString() };
}
