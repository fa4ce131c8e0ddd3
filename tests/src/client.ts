/**
 * The client of the whole-system tests. Every JSON answer, of success and of error, is held against the contract by operation and
 * status; what does not fit fails the test, unknown fields included.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  ErrorBody,
  errorCatalogue,
  type ErrorCode,
  operations,
  type Operation,
  type OperationId,
} from '@zapfleet/contract';
import type { GatewayEvent } from '@zapfleet/contract';
import { z } from 'zod';
import { type EventStream, type FollowOptions, followEvents } from './event-stream.ts';

type Operations = typeof operations;

type Fields<T> = T extends z.ZodType ? z.input<T> : never;
type Given<O, K extends 'params' | 'query' | 'headers' | 'body'> = O extends Record<K, infer T> ? Fields<T> : undefined;
/** The inputs of an operation: parameters are required, the rest as its schema says. */
export type CallInput<Id extends OperationId> = {
  [K in 'params' as Given<Operations[Id], K> extends undefined ? never : K]: Given<Operations[Id], K>;
} & {
  [K in 'query' | 'headers' | 'body' as Given<Operations[Id], K> extends undefined ? never : K]?: Partial<
    Given<Operations[Id], K>
  >;
};

type AnswerBody<A> = A extends { schema: infer T extends z.ZodType } ? z.output<T> : undefined;
type Answers<Id extends OperationId> = Operations[Id]['answers'];
/** The body of success; where there are several, any of them. */
export type CallAnswer<Id extends OperationId> = {
  [S in keyof Answers<Id>]: AnswerBody<Answers<Id>[S]>;
}[keyof Answers<Id>];

export type RawAnswer = {
  status: number;
  headers: Headers;
  /** What JSON says; bytes for every other media type. */
  body: unknown;
};

export type Refusal = { status: number; code: ErrorCode; message: string; details: Record<string, unknown> };

/** A call that should have succeeded and did not. */
export class CallRefused extends Error {
  override readonly name = 'CallRefused';
  readonly refusal: Refusal;
  constructor(call: string, refusal: Refusal) {
    super(
      `${call} was refused: ${refusal.status} ${refusal.code}: ${refusal.message} ${JSON.stringify(refusal.details)}`,
    );
    this.refusal = refusal;
  }
}

/** These can answer any call. */
const everywhere: readonly ErrorCode[] = [
  'validation_failed',
  'unauthorized',
  'tenant_suspended',
  'forbidden',
  'request_too_slow',
  'body_too_large',
  'unsupported_media_type',
  'too_many_requests',
  'database_unavailable',
  'disk_full',
];

export type WaitOptions = FollowOptions & {
  /** How long to wait. Default: 20 s. */
  ms?: number;
};

export type Client = {
  readonly url: string;
  readonly apiKey: string;
  /** Makes a call that must succeed and answers its body; rejects with `CallRefused`. */
  call<Id extends OperationId>(id: Id, ...input: Inputs<Id>): Promise<CallAnswer<Id>>;
  /** Makes a call that must succeed and answers status and headers as well. */
  answer<Id extends OperationId>(
    id: Id,
    ...input: Inputs<Id>
  ): Promise<{ status: number; headers: Headers; body: CallAnswer<Id> }>;
  /** Makes a call that must be refused. Its input may be as wrong as a test wants it. */
  refusal(id: OperationId, input?: LooseInput): Promise<Refusal>;
  /** Any request; its answer is checked like all others. `path` may hold a query. */
  request(method: string, path: string, init?: RequestOptions): Promise<RawAnswer>;
  /** Events over SSE, from the beginning of the log unless `after` says otherwise. */
  follow(options?: FollowOptions): EventStream;
  /** The first event after `after` that fits, over SSE. */
  waitForEvent<E extends GatewayEvent = GatewayEvent>(
    fits: ((event: GatewayEvent) => event is E) | ((event: GatewayEvent) => boolean),
    options?: WaitOptions,
  ): Promise<E>;
  /** The same server with another key; null sends none. */
  withKey(apiKey: string | null): Client;
};

type Inputs<Id extends OperationId> = 'params' extends keyof CallInput<Id> ? [CallInput<Id>] : [CallInput<Id>?];

export type LooseInput = {
  params?: Record<string, string>;
  query?: Record<string, string | number | boolean | undefined>;
  headers?: Record<string, string>;
  body?: unknown;
};
export type RequestOptions = {
  headers?: Record<string, string>;
  /** Sent as JSON; a string or bytes are sent as they are. */
  body?: unknown;
  signal?: AbortSignal;
};

/** A client of the server at `url`; `apiKey: ''` sends none. */
export function connect({ url, apiKey }: { url: string; apiKey: string }): Client {
  const request = async (method: string, path: string, { headers, body, signal }: RequestOptions = {}) => {
    const asItIs = typeof body === 'string' || body instanceof Uint8Array;
    const response = await fetch(new URL(path, url), {
      method,
      headers: {
        ...(apiKey && { 'x-api-key': apiKey }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: asItIs ? body : JSON.stringify(body) }),
      ...(signal && { signal }),
    });
    return checked(`${method} ${path}`, operationOf(method, path), response);
  };
  const perform = (id: OperationId, input: LooseInput) => {
    const operation: Operation = operations[id];
    return request(operation.method, pathOf(operation, input), input);
  };
  const answer: Client['answer'] = async (id, ...[input]) => {
    const { status, headers, body } = await perform(id, input ?? {});
    const operation: Operation = operations[id];
    if (!(status in operation.answers)) throw new CallRefused(id, refusalOf(status, body));
    return { status, headers, body: body as CallAnswer<typeof id> };
  };
  const follow: Client['follow'] = (options) => followEvents({ url, apiKey }, options);
  return {
    url,
    apiKey,
    answer,
    call: async (id, ...input) => (await answer(id, ...input)).body,
    refusal: async (id, input = {}) => {
      const { status, body } = await perform(id, input);
      if (status < 400)
        throw new Error(`${id} should have been refused; it answered ${status} ${JSON.stringify(body)}`);
      return refusalOf(status, body);
    },
    request,
    follow,
    waitForEvent: async <E extends GatewayEvent>(
      fits: ((event: GatewayEvent) => event is E) | ((event: GatewayEvent) => boolean),
      { ms, ...options }: WaitOptions = {},
    ) => {
      await using events = follow(options);
      return await events.until<E>(fits, ms);
    },
    withKey: (key) => connect({ url, apiKey: key ?? '' }),
  };
}

function pathOf(operation: Operation, { params = {}, query = {} }: LooseInput): string {
  const path = operation.path.replace(/:(\w+)/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new Error(`${operation.id} needs the parameter "${name}"`);
    return encodeURIComponent(value);
  });
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
  return search.size === 0 ? path : `${path}?${search.toString()}`;
}

function operationOf(method: string, path: string): Operation | undefined {
  const [bare = ''] = path.split('?');
  return Object.values<Operation>(operations).find(
    (operation) =>
      operation.method === method && new RegExp(`^${operation.path.replace(/:\w+/g, '[^/]+')}$`).test(bare),
  );
}

async function checked(call: string, operation: Operation | undefined, response: Response): Promise<RawAnswer> {
  const { status, headers } = response;
  const type = headers.get('content-type')?.split(';')[0]?.trim() ?? '';
  const bytes = new Uint8Array(await response.arrayBuffer());
  const expected = operation?.answers[status];
  if (expected && type !== 'application/json') {
    if (!expected.types?.includes(type)) throw new Error(`${call} answered ${status} with the media type "${type}"`);
    return { status, headers, body: bytes };
  }
  const text = new TextDecoder().decode(bytes);
  if (type !== 'application/json')
    throw new Error(`${call} answered ${status} "${type}" and no JSON: ${text.slice(0, 500)}`);
  const body: unknown = JSON.parse(text);
  if (expected) {
    if (!expected.schema) throw new Error(`${call} answered ${status} with JSON where the contract has none: ${text}`);
    fit(`${call} ${status}`, expected.schema, body);
  } else {
    const { code } = refusalOf(status, fit(`${call} ${status}`, ErrorBody, body));
    const allowed: ErrorCode[] = operation ? [...operation.errors, ...everywhere] : ['route_not_found', 'unauthorized'];
    if (!allowed.includes(code)) throw new Error(`${call} answered "${code}", which is not among its errors: ${text}`);
    if (errorCatalogue[code].status !== status) throw new Error(`${call} answered "${code}" with the status ${status}`);
  }
  return { status, headers, body };
}

/** Schemas strip what they do not know, so a difference between what came and what was read is an undocumented field. */
function fit<T>(what: string, schema: z.ZodType<T>, value: unknown): T {
  const read = schema.safeParse(value);
  if (!read.success)
    throw new Error(`${what} does not fit the contract: ${z.prettifyError(read.error)}\n${JSON.stringify(value)}`);
  if (!isDeepStrictEqual(read.data, value))
    throw new Error(
      `${what} has fields that the contract does not know.\nAnswer:   ${JSON.stringify(value)}\nContract: ${JSON.stringify(read.data)}`,
    );
  return read.data;
}

function refusalOf(status: number, body: unknown): Refusal {
  return { status, ...ErrorBody.parse(body).error };
}
