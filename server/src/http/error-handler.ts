/** The one place where errors become answers. No stack trace, path or secret leaves. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorBody } from '@zapfleet/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GatewayError } from '../domain/gateway-error.ts';
import type { Log } from '../ports/log.ts';
import { invalid, JSON_TYPE } from './route.ts';
import { securityHeaders } from './security-headers.ts';

export function errorBody({ code, message, details }: GatewayError): ErrorBody {
  return { error: { code, message, details } };
}

export function handleErrors(app: FastifyInstance, log: Log): void {
  app.setErrorHandler((error, request, reply) => sendError(reply, translate(error, request, log)));
  app.setNotFoundHandler((_request, reply) => sendError(reply, new GatewayError('route_not_found')));
}

/** For what fails before there is a route, such as a path with a broken escape. */
export function sendFrameworkError(error: Error, request: FastifyRequest, reply: FastifyReply, log: Log): void {
  // No hook has run yet.
  void sendError(reply.headers(securityHeaders), translate(error, request, log));
}

function sendError(reply: FastifyReply, error: GatewayError): FastifyReply {
  const { retryAfter } = error.details;
  if (typeof retryAfter === 'number') reply.header('retry-after', String(retryAfter));
  if (error.code === 'unauthorized') reply.header('www-authenticate', 'Bearer realm="zapfleet"');
  return reply
    .code(error.status)
    .type(JSON_TYPE)
    .send(JSON.stringify(errorBody(error)));
}

function translate(error: unknown, request: FastifyRequest, log: Log): GatewayError {
  if (error instanceof GatewayError) return error;
  const known = frameworkError(error);
  if (known) return known;
  log.error({ error, requestId: request.id, route: request.routeOptions.url }, 'A request failed by a fault of ours');
  return new GatewayError('internal_error', undefined, { requestId: request.id });
}

/** What Fastify itself refuses. */
function frameworkError(error: unknown): GatewayError | null {
  if (!(error instanceof Error)) return null;
  switch ('code' in error ? error.code : undefined) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new GatewayError('body_too_large');
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new GatewayError('unsupported_media_type');
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return invalid([{ field: 'body', message: 'is not valid JSON' }]);
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return invalid([{ field: 'body', message: 'has another length than the request says' }]);
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return invalid([{ field: 'path', message: 'is not a path that can be read' }]);
    default: {
      const status = 'statusCode' in error ? Number(error.statusCode) : 500;
      return status >= 400 && status < 500 ? invalid([{ field: 'request', message: 'cannot be read' }]) : null;
    }
  }
}

/** Bytes that are not HTTP, or headers that do not end, get an answer in our shape too; there is no request yet to hang it on. */
export function refuseGarbage(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET') return;
  const refusal =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? new GatewayError('request_too_slow')
      : invalid([{ field: 'request', message: 'is not HTTP that can be read' }]);
  hangUp(socket, refusal);
}

/** The last answer of a connection. */
export function hangUp(socket: Socket, refusal: GatewayError): void {
  if (socket.destroyed) return;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(errorBody(refusal));
  const head = `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ''}\r\nContent-Type: ${JSON_TYPE}\r\n`;
  // Whoever does not take it must not keep the connection.
  socket.end(`${head}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`, () =>
    socket.destroySoon(),
  );
}
