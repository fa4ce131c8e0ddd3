/** Registers routes, from operations of the contract and from nothing else. */
import type { Readable } from 'node:stream';
import type { Operation, OperationInput } from '@zapfleet/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import type { z } from 'zod';
import { GatewayError } from '../domain/gateway-error.ts';
import type { Caller, FindCaller } from '../ports/caller.ts';
import { isAudited, type NoteChange } from './audit.ts';
import type { RateLimits } from './rate-limits.ts';
import { admit, type Rule, ruleOf } from './auth.ts';
import { type FieldProblem, problemsOf, sentenceFor, type Source } from './field-problems.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call. A route that does not say so is not registered. */
    access?: Operation['access'];
    operation?: Operation;
  }
  interface FastifyRequest {
    caller: Caller | null;
  }
}

/** What routes are registered on. */
export type Router = {
  readonly app: FastifyInstance;
  readonly findCaller: FindCaller;
  readonly noteChange: NoteChange;
  readonly rateLimits: RateLimits;
  /** The ids of the operations that have a route. */
  readonly registered: Set<string>;
};

type Headers = Readonly<Record<string, string>>;
type JsonAnswer<S, A> = A extends { schema: infer T extends z.ZodType }
  ? { status: S; body: z.output<T>; headers?: Headers }
  : never;
/** A body that is written already: a picture, a text, JSON that must not be written anew, or a file that is read while it leaves. */
type Content = string | Uint8Array | Readable;
type WrittenAnswer<S> = { status: S; type: string; content: Content; headers?: Headers };

/** What a handler answers: one of the statuses of its operation, with the body that belongs to it. */
export type Answered<O extends Operation> = {
  [S in keyof O['answers']]: JsonAnswer<S, O['answers'][S]> | WrittenAnswer<S>;
}[keyof O['answers']];

type Taken = { readonly taken: true };
/** The handler has taken the connection over and writes to it by itself. */
export const taken: Taken = { taken: true };

/** A JSON body with its status. */
export function answer<S extends number, const B>(status: S, body: B, headers: Headers = {}) {
  return { status, body, headers };
}

/** A body that is written already, of this media type. */
export function written<S extends number>(status: S, type: string, content: Content, headers: Headers = {}) {
  return { status, type, content, headers };
}

export type Call<O extends Operation> = OperationInput<O> & {
  caller: O['access'] extends 'public' ? Caller | null : Caller;
  request: FastifyRequest;
  reply: FastifyReply;
};

type Handler<O extends Operation> = (call: Call<O>) => Answered<O> | Taken | Promise<Answered<O> | Taken>;
type AnyAnswer = { status: number; headers?: Headers; body?: unknown; type?: string; content?: Content };

export const JSON_TYPE = 'application/json; charset=utf-8';

export type RouteOptions = {
  /** False for a GET that never ends. */
  exposeHead?: boolean;
  /** Of a public route: throws for whom it shall not read a body. */
  door?: (params: unknown) => void;
};

export function route<O extends Operation>(
  { app, findCaller, noteChange, rateLimits, registered }: Router,
  operation: O,
  handle: Handler<O>,
  { exposeHead = true, door }: RouteOptions = {},
): void {
  registered.add(operation.id);
  const rule = ruleOf(operation);
  const audited = isAudited(operation);
  const read = readerOf(operation);
  app.route({
    method: operation.method,
    url: operation.path,
    exposeHeadRoute: exposeHead,
    ...(operation.bodyLimit !== undefined && { bodyLimit: operation.bodyLimit }),
    config: { access: operation.access, operation },
    ...(rule && { onRequest: doorkeeper(rule, findCaller, rateLimits) }),
    ...(door && { onRequest: lookAtTheDoor(door) }),
    handler: async (request, reply) => {
      // The reader checked what the types of the operation promise.
      const call = { ...read(request), caller: request.caller, request, reply } as unknown as Call<O>;
      const answer = await handle(call);
      if (audited && answer !== taken) {
        const { status, body } = answer as AnyAnswer;
        await noteChange(request, operation, status, body);
      }
      return answer === taken ? reply : send(reply, answer as AnyAnswer);
    },
  });
}

function send(reply: FastifyReply, { status, headers, body, type, content }: AnyAnswer): FastifyReply {
  reply.code(status);
  if (headers) reply.headers(headers);
  if (content !== undefined) return reply.type(type ?? JSON_TYPE).send(content);
  return reply.type(JSON_TYPE).send(JSON.stringify(body));
}

/** Runs before the body is read: who may not call cannot make us read a megabyte either. Most requests wait for nothing here. */
function doorkeeper(rule: Rule, find: FindCaller, limits: RateLimits): onRequestHookHandler {
  const letIn = (request: FastifyRequest, caller: Caller): Promise<void> | undefined => {
    request.caller = oneRequest(caller);
    return limits.called(caller);
  };
  const atTheDoor = (request: FastifyRequest): Promise<void> | undefined => {
    const caller = admit(request.headers, rule, find);
    return caller instanceof Promise ? caller.then((found) => letIn(request, found)) : letIn(request, caller);
  };
  return (request, _reply, done) => {
    const keepOut = (error: unknown): void => {
      if (error instanceof GatewayError && error.code === 'unauthorized') limits.refused(request.ip);
      done(asError(error));
    };
    try {
      const held = limits.approached(request.ip);
      const waits = held ? held.then(() => atTheDoor(request)) : atTheDoor(request);
      if (waits) waits.then(() => done(), keepOut);
      else done();
    } catch (error) {
      keepOut(error);
    }
  };
}

function lookAtTheDoor(door: (params: unknown) => void): onRequestHookHandler {
  return (request, _reply, done) => {
    try {
      door(request.params);
      done();
    } catch (error) {
      done(asError(error));
    }
  };
}

/** What a request is about is noted beside its caller, whom others may be at the same time. */
const oneRequest = (caller: Caller): Caller => ({ ...caller });

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

type Input = { params: unknown; query: unknown; headers: unknown; body: unknown };

/** Reads what an operation takes; throws `validation_failed` with every field that is wrong. */
function readerOf({ params, query, headers, body, form }: Operation): (request: FastifyRequest) => Input {
  return (request) => {
    const problems: FieldProblem[] = [];
    const input: Input = {
      params: read(params, request.params, 'path', problems),
      query: read(query, request.query, 'query', problems),
      headers: read(headers, request.headers, 'headers', problems),
      body: form === true && request.isMultipart() ? undefined : read(body, request.body, 'body', problems),
    };
    if (problems.length > 0) throw invalid(problems);
    return input;
  };
}

function read(schema: z.ZodType | undefined, value: unknown, source: Source, problems: FieldProblem[]): unknown {
  if (!schema) return undefined;
  const result = schema.safeParse(value, { error: sentenceFor });
  if (result.success) return result.data;
  problems.push(...problemsOf(result.error.issues, source));
  return undefined;
}

/** `validation_failed` for these fields. */
export function invalid(fields: readonly FieldProblem[]): GatewayError {
  const message = fields.map((problem) => `${problem.field} ${problem.message}`).join('; ');
  return new GatewayError('validation_failed', `${message}.`, { fields });
}
