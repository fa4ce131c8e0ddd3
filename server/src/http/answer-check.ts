/** For tests: holds every answer against the contract, so that what is documented is what is sent. */
import { isDeepStrictEqual } from 'node:util';
import { ErrorBody, type ErrorCode, type Operation } from '@zapfleet/contract';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';

/** These can answer any call; an operation need not name them. */
export const errorsOfAll: readonly ErrorCode[] = [
  'validation_failed',
  'unauthorized',
  'tenant_suspended',
  'forbidden',
  'request_too_slow',
  'body_too_large',
  'unsupported_media_type',
  'too_many_requests',
  'internal_error',
  'database_unavailable',
  'disk_full',
];

/** What does not fit becomes an `internal_error`, and the log says why. */
export function checkAnswers(app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, payload: unknown, done) => {
    const { operation } = request.routeOptions.config;
    const type = String(reply.getHeader('content-type')).split(';')[0] ?? '';
    const fault = operation && request.method !== 'HEAD' ? faultOf(operation, reply.statusCode, type, payload) : null;
    if (fault === null) done(null, payload);
    else done(new Error(`${request.method} ${request.url} ${reply.statusCode}: ${fault}`));
  });
}

function faultOf(operation: Operation, status: number, type: string, payload: unknown): string | null {
  const answer = operation.answers[status];
  if (!answer) return errorFault(operation, payload);
  if (!answer.schema && !answer.types && (payload === '' || payload === undefined)) return null;
  // Any file may be answered, JSON included.
  if (answer.types?.includes('*/*')) return null;
  if (type !== 'application/json')
    return answer.types?.includes(type) ? null : `the media type ${type} is not in the contract`;
  return answer.schema ? misfit(answer.schema, payload) : 'there is no JSON in the contract';
}

function errorFault(operation: Operation, payload: unknown): string | null {
  const fault = misfit(ErrorBody, payload);
  if (fault !== null) return fault;
  const { code } = ErrorBody.parse(JSON.parse(String(payload))).error;
  return [...operation.errors, ...errorsOfAll].includes(code)
    ? null
    : `${code} is not among the errors of ${operation.id}`;
}

function misfit(schema: z.ZodType, payload: unknown): string | null {
  const value: unknown = JSON.parse(String(payload));
  const read = schema.safeParse(value);
  if (!read.success) return z.prettifyError(read.error);
  // Schemas strip what they do not know.
  return isDeepStrictEqual(read.data, value)
    ? null
    : `there are fields that the contract does not know: ${String(payload)}`;
}
