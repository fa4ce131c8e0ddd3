import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { releaseHeld } from '../network/delivery.ts';
import { phoneOf } from './phone-routes.ts';
import { writeMessage } from '../people/write-message.ts';
import { addresseeOf, mannerOf } from './drafting.ts';
import { TextBody } from './message-bodies.ts';
import type { Controls } from './controls.ts';

const BulkBody = z.object({
  messages: z
    .array(TextBody.extend({ from: z.string().min(1), count: z.number().int().positive().max(100_000).default(1) }))
    .min(1)
    .max(100_000),
});

/** For benchmarks: prepare outside the timed window, and know what of the machine the network itself took. */
export function loadRoutes(http: FastifyInstance, { world }: Controls): void {
  http.post('/sandbox/hold', () => {
    world.holding = true;
    return { holding: true };
  });

  http.post('/sandbox/release', () => ({ holding: false, released: releaseHeld(world) }));

  http.post('/sandbox/messages', (request, reply) => {
    const { messages } = BulkBody.parse(request.body);
    const ids = world.db.transaction(() =>
      messages.flatMap((message) => {
        const author = phoneOf(world, { phone: message.from });
        const to = addresseeOf(world, author, message);
        const manner = mannerOf(world, author, message);
        return Array.from({ length: message.count }, (_, index) => {
          const text = message.count === 1 ? message.text : `${message.text} ${index + 1}`;
          return writeMessage(world, author, to, { type: 'text', text }, manner);
        });
      }),
    );
    return reply.code(201).send({ ids });
  });

  http.get('/sandbox/usage', () => {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    return {
      cpuUserMs: user / 1000,
      cpuSystemMs: system / 1000,
      rssBytes: rss,
      heapUsedBytes: heapUsed,
      uptimeMs: Math.round(process.uptime() * 1000),
      connections: world.connections.size,
      messagesIn: world.traffic.messagesIn,
      messagesOut: world.traffic.messagesOut,
      holding: world.holding,
    };
  });
}
