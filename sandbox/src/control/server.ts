import Fastify, { type FastifyInstance } from 'fastify';
import { ZodError } from 'zod';
import { Refused } from '../network/refused.ts';
import { callRoutes } from './call-routes.ts';
import type { Controls } from './controls.ts';
import { evolutionRoutes } from './evolution-routes.ts';
import { faultRoutes } from './fault-routes.ts';
import { groupRoutes } from './group-routes.ts';
import { loadRoutes } from './load-routes.ts';
import { mediaRoutes } from './media-routes.ts';
import { messageRoutes } from './message-routes.ts';
import { newsletterRoutes } from './newsletter-routes.ts';
import { restrictionRoutes } from './restriction-routes.ts';
import { phoneRoutes } from './phone-routes.ts';
import { presenceRoutes } from './presence-routes.ts';

/** The `/sandbox/*` routes, on a server that does not listen yet. */
export function controlRoutes(controls: Controls): FastifyInstance {
  const http = Fastify({ logger: false, forceCloseConnections: true, bodyLimit: 64 * 1024 * 1024 });
  http.setErrorHandler((error, _request, reply) => {
    const { status, body } = errorAnswer(error);
    if (status >= 500)
      controls.world.log.error({ reason: error instanceof Error ? error.stack : 'unknown' }, 'a call failed');
    return reply.code(status).send(body);
  });
  http.setNotFoundHandler((_request, reply) => {
    return reply.code(404).send({ error: { code: 'route_not_found', message: 'There is no such call.', details: {} } });
  });
  phoneRoutes(http, controls);
  messageRoutes(http, controls);
  groupRoutes(http, controls);
  callRoutes(http, controls);
  mediaRoutes(http, controls);
  restrictionRoutes(http, controls);
  presenceRoutes(http, controls);
  newsletterRoutes(http, controls);
  faultRoutes(http, controls);
  loadRoutes(http, controls);
  evolutionRoutes(http, controls.evolution);
  return http;
}

function errorAnswer(error: unknown): { status: number; body: object } {
  if (error instanceof Refused) {
    const { code, message, details } = error;
    return { status: error.status, body: { error: { code, message, details } } };
  }
  if (error instanceof ZodError) {
    const details = { fields: error.issues.map(({ path, message }) => ({ field: path.join('.'), message })) };
    return {
      status: 400,
      body: { error: { code: 'validation_failed', message: 'The request is not valid.', details } },
    };
  }
  const status = statusOf(error);
  if (status < 500) {
    const message = error instanceof Error ? error.message : 'The request is not valid.';
    return { status, body: { error: { code: 'validation_failed', message, details: {} } } };
  }
  return { status: 500, body: { error: { code: 'internal_error', message: 'Something went wrong.', details: {} } } };
}

/** Fastify puts its own verdict on a request it could not read into the error. */
function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return 500;
  return typeof error.statusCode === 'number' ? error.statusCode : 500;
}
