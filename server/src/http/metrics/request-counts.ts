import type { FastifyInstance } from 'fastify';
import { Counter, type Registry } from 'prom-client';

/** Counts the answers by operation, not by address: addresses hold ids, and anybody can invent them. Before the routes are registered. */
export function countRequests(app: FastifyInstance, registry: Registry): void {
  const requests = new Counter({
    name: 'zapfleet_http_requests_total',
    help: 'Answered HTTP requests by operation (other: the page, documents, unknown routes) and class of the status',
    labelNames: ['operation', 'status'],
    registers: [registry],
  });
  app.addHook('onResponse', (request, reply, done) => {
    const { operation } = request.routeOptions.config;
    requests.inc({ operation: operation?.id ?? 'other', status: `${Math.floor(reply.statusCode / 100)}xx` });
    done();
  });
}
