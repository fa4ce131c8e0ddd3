import createFetcher from 'openapi-fetch';
import { calls } from './calls.ts';
import { refusalOf, ZapfleetError } from './error.ts';
import { type EventOptions, followEvents } from './events.ts';
import type { operations, paths } from './schema.ts';
import type { GatewayEvent } from './shapes.ts';

export type OperationId = keyof typeof calls & keyof operations;

type Place<Id extends OperationId, K extends 'path' | 'query' | 'header'> = NonNullable<
  operations[Id]['parameters'][K]
>;
/** What any object without a required field takes. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type
type Nothing = {};
type Needed<T> = [T] extends [never] ? false : Nothing extends T ? false : true;
type Part<Name extends string, T> = [T] extends [never]
  ? unknown
  : Needed<T> extends true
    ? { [K in Name]: T }
    : { [K in Name]?: T };

type JsonOf<T> = T extends { content: { 'application/json': infer B } } ? B : never;
type Body<Id extends OperationId> = operations[Id] extends { requestBody: infer B }
  ? { body: JsonOf<B> }
  : operations[Id] extends { requestBody?: infer B }
    ? [JsonOf<NonNullable<B>>] extends [never]
      ? unknown
      : { body?: JsonOf<NonNullable<B>> }
    : unknown;

/** What a call takes, by where it stands in the request. */
export type Input<Id extends OperationId> = Part<'path', Place<Id, 'path'>> &
  Part<'query', Place<Id, 'query'>> &
  Part<'headers', Place<Id, 'header'>> &
  Body<Id> & { signal?: AbortSignal };

type Success<R> = { [S in keyof R]: S extends 200 | 201 | 202 ? JsonOf<R[S]> : never }[keyof R];
/** The body of success; where there are several, any of them. */
export type Answer<Id extends OperationId> = Success<operations[Id]['responses']>;

type Call<Id extends OperationId> =
  Nothing extends Input<Id> ? (input?: Input<Id>) => Promise<Answer<Id>> : (input: Input<Id>) => Promise<Answer<Id>>;

export type ClientOptions = {
  /** Where the server is, for example `http://127.0.0.1:3000`. */
  baseUrl: string;
  /** An API key, or the access token of a login; null sends none. A function is asked before every call. */
  apiKey?: string | null | (() => string | null | Promise<string | null>);
  /** In the place of the global `fetch`. */
  fetch?: (request: Request) => Promise<Response>;
};

/**
 * Every operation of the server under its name, as the API reference has it. A call resolves with the body of the answer and rejects with a
 * `ZapfleetError`, and with nothing else but the reason of its `signal`.
 */
export type Zapfleet = { [Id in OperationId]: Call<Id> } & {
  /**
   * Everything that happens, in order and once, from now on or after `after`. Connects again by itself and goes on where it was. Ends with its
   * `signal`; throws a `ZapfleetError` where the server will not have us.
   */
  events(options?: EventOptions): AsyncGenerator<GatewayEvent, void>;
  /** Uploads a file of any size, to be sent by its id: `{ media: { uploadId } }`. */
  upload(
    file: Blob,
    options?: { filename?: string; tenantId?: string; signal?: AbortSignal },
  ): Promise<Answer<'uploadMedia'>>;
};

type Raw = { path?: object; query?: object; headers?: object; body?: unknown; signal?: AbortSignal };

export function createClient({ baseUrl, apiKey = null, fetch: fetching }: ClientOptions): Zapfleet {
  const send = fetching ?? ((request: Request) => fetch(request));
  const keyed = async (request: Request): Promise<Response> => {
    const key = typeof apiKey === 'function' ? await apiKey() : apiKey;
    if (key !== null) request.headers.set('authorization', `Bearer ${key}`);
    try {
      return await send(request);
    } catch (error) {
      if (request.signal.aborted || error instanceof ZapfleetError) throw error;
      throw new ZapfleetError('unreachable', 'The server cannot be reached.', { cause: error });
    }
  };
  const fetcher = createFetcher<paths>({ baseUrl, fetch: keyed, headers: { accept: 'application/json' } });
  // The table of calls and the paths come from one document; what fits what is checked where the client is used.
  const request = fetcher.request as unknown as (
    method: string,
    path: string,
    init: object,
  ) => Promise<{ data?: unknown; error?: unknown; response: Response }>;

  const call = async ([method, path]: readonly [string, string], input: Raw = {}): Promise<unknown> => {
    const { path: inPath, query, headers, body, signal } = input;
    const { data, error, response } = await request(method, path, {
      params: { path: inPath, query, header: headers },
      ...(body !== undefined && { body }),
      ...(body instanceof FormData && { bodySerializer: (form: FormData) => form }),
      ...(signal && { signal }),
    });
    if (!response.ok) throw refusalOf(response, error);
    return data;
  };

  const byName = Object.fromEntries(Object.entries(calls).map(([id, at]) => [id, (input?: Raw) => call(at, input)]));
  return {
    ...byName,
    events: (options: EventOptions = {}) => followEvents(baseUrl, keyed, options),
    upload: (
      file: Blob,
      { filename, tenantId, signal }: { filename?: string; tenantId?: string; signal?: AbortSignal } = {},
    ) => {
      const form = new FormData();
      form.append('file', file, filename ?? (file instanceof File ? file.name : 'file'));
      return call(calls.uploadMedia, { body: form, query: { tenantId, filename }, ...(signal && { signal }) });
    },
  } as unknown as Zapfleet;
}
