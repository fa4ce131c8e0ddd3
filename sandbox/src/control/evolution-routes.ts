import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type EvolutionHost, EVOLUTION_KEY } from '../evolution/host.ts';
import type { Asked, Generation } from '../evolution/protocol.ts';

const Times = z.number().int().positive().max(1_000_000);
const FaultBody = z.discriminatedUnion('kind', [
  /** Every call answers so: a licence that ran out, a page of a proxy, nothing at all, another key. */
  z.object({ kind: z.enum(['license', 'garbage', 'unreachable', 'unauthorized']), times: Times.optional() }),
  z.object({ kind: z.literal('slow'), ms: z.number().int().positive().max(600_000), times: Times.optional() }),
  z.object({
    kind: z.enum(['delete_leaves', 'name_in_use', 'webhook_wiped', 'instance_lost', 'open_lies']),
    times: Times.default(1),
    instance: z.string().optional(),
  }),
  z.object({ kind: z.literal('restart') }),
]);

type DoorFault = { kind: 'license' | 'garbage' | 'unreachable' | 'unauthorized' | 'slow'; ms?: number; left: number };

/**
 * The Evolution API servers of this network, at `/evolution/v1` and `/evolution/v2`, and what is wrong with them on purpose: some of it is
 * wrong at the door, whoever asks for what; the rest in the servers themselves.
 */
export function evolutionRoutes(http: FastifyInstance, host: EvolutionHost): void {
  const orders: DoorFault[] = [];

  http.post('/sandbox/evolution/faults', async (request, reply) => {
    const fault = FaultBody.parse(request.body);
    switch (fault.kind) {
      case 'restart':
        await host.restart();
        break;
      case 'delete_leaves':
      case 'name_in_use':
      case 'webhook_wiped':
      case 'instance_lost':
      case 'open_lies':
        await host.fault({ kind: fault.kind, times: fault.times, instance: fault.instance });
        break;
      default:
        orders.push({ ...fault, left: fault.times ?? Number.POSITIVE_INFINITY });
    }
    return reply.code(201).send({ kind: fault.kind });
  });

  http.delete('/sandbox/evolution/faults', async () => {
    const removed = orders.length;
    orders.length = 0;
    await host.calm();
    return { removed };
  });

  http.get('/sandbox/evolution', (request) => ({
    v1: `${addressOf(request)}/evolution/v1`,
    v2: `${addressOf(request)}/evolution/v2`,
    apiKey: EVOLUTION_KEY,
  }));

  void http.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body));
    scope.all('/evolution/:generation', (request, reply) => pass(request, reply));
    scope.all('/evolution/:generation/*', (request, reply) => pass(request, reply));
    done();
  });

  async function pass(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const generation = (request.params as { generation: string }).generation;
    if (generation !== 'v1' && generation !== 'v2') return reply.code(404).send({ status: 404, error: 'Not Found' });
    const asked = askedBy(request, generation);
    if (asked === null) {
      const response = { message: 'Unexpected end of JSON input' };
      return reply.code(400).send({ status: 400, error: 'Internal Server Error', response });
    }
    const fault = orders.find(({ left }) => left > 0);
    if (fault) {
      fault.left -= 1;
      if (await strikes(fault, request, reply)) return reply;
    }
    const { status, body } = await host.ask(asked);
    return reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(body));
  }
}

/** Whether the call is answered by it. */
async function strikes(fault: DoorFault, request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
  switch (fault.kind) {
    case 'slow':
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, fault.ms).unref();
        request.raw.once('close', () => {
          clearTimeout(timer);
          resolve();
        });
      });
      return false;
    case 'unreachable':
      reply.hijack();
      request.raw.socket.destroy();
      return true;
    case 'garbage':
      await reply.code(200).type('text/html').send('<html><body>Welcome to nginx!</body></html>');
      return true;
    case 'unauthorized':
      await reply.code(401).send({ status: 401, error: 'Unauthorized', response: { message: 'Unauthorized' } });
      return true;
    case 'license':
      await reply.code(503).send({
        ...{ error: 'LICENSE_REQUIRED', code: 'LICENSE_REQUIRED' },
        message: 'This server has no active license. Open the manager to activate it.',
      });
      return true;
  }
}

const addressOf = (request: FastifyRequest): string => `http://${request.headers.host ?? ''}`;

/** null: its body is no JSON. */
function askedBy(request: FastifyRequest, generation: Generation): Asked | null {
  const text = Buffer.isBuffer(request.body) ? request.body.toString() : '';
  const { apikey } = request.headers;
  try {
    return {
      generation,
      method: request.method,
      path: `/${(request.params as { '*'?: string })['*'] ?? ''}`,
      query: request.query as Record<string, string>,
      apiKey: typeof apikey === 'string' ? apikey : undefined,
      body: text === '' ? undefined : JSON.parse(text),
      serverUrl: `${addressOf(request)}/evolution/${generation}`,
    };
  } catch {
    return null;
  }
}
