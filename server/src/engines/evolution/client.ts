/** Calls an Evolution API server. Whatever comes back is an answer in JSON or a fault with a name; its key is in no message of ours. */
import { EgressFailure } from '../../domain/egress-failure.ts';
import type { Egress, EgressAnswer } from '../../ports/egress.ts';
import type { OutgoingMedia, RemoteServer } from '../../ports/engine.ts';
import { uploadOf } from './upload.ts';

export type RemoteFault =
  /** No connection came about: what was asked for was not done. */
  | 'not_reached'
  /** The connection broke off, or a proxy answers in its place: what was asked for may have been done. */
  | 'unreachable'
  | 'slow'
  | 'not_json'
  | 'license_required'
  | 'key_refused'
  | 'unknown_instance'
  | 'name_in_use'
  /** The instance is not online at WhatsApp. */
  | 'not_connected'
  | 'not_on_whatsapp'
  | 'refused';

export class RemoteFailure extends Error {
  override readonly name = 'RemoteFailure';
  readonly fault: RemoteFault;

  constructor(fault: RemoteFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

export type RemoteCall = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With a slash at its beginning; it may have a query. */
  path: string;
  body?: object;
  /** It takes the place of `FILE` in the body. */
  file?: OutgoingMedia;
  /** For all but the sending of the file. */
  withinMs: number;
  signal?: AbortSignal;
};

/** Both fail with `RemoteFailure`, and with `FileUnreadable` where the file of the call cannot be read. */
export type Remote = {
  ask(call: RemoteCall): Promise<unknown>;
  /** The answer as it comes, for those that are too large to be kept. */
  stream(call: RemoteCall): Promise<AsyncIterable<Uint8Array>>;
};

const LARGEST_ANSWER = 32 * 1024 * 1024;
const LARGEST_STREAM = 4 * 1024 ** 3;
const LONGEST_REASON = 300;
/** What a slow line carries, in bytes. */
const LEAST_PER_MS = 50;

export function remoteAt(egress: Egress, server: RemoteServer): Remote {
  return {
    async ask(call) {
      const answer = await begin(egress, server, call, LARGEST_ANSWER);
      const text = await wholeOf(answer.body);
      const value = parsed(text);
      if (value !== undefined && answer.status < 400) return value;
      throw failureOf(server, answer.status, value);
    },
    async stream(call) {
      const answer = await begin(egress, server, call, LARGEST_STREAM);
      if (answer.status < 400) return explained(answer.body);
      throw failureOf(server, answer.status, parsed(await wholeOf(answer.body)));
    },
  };
}

async function begin(
  egress: Egress,
  server: RemoteServer,
  { method, path, body, file, signal, ...call }: RemoteCall,
  largestBody: number,
): Promise<EgressAnswer> {
  const upload = body && file ? uploadOf(body, file) : null;
  const withinMs = call.withinMs + (upload ? Math.ceil(upload.size / LEAST_PER_MS) : 0);
  try {
    return await egress.request({
      ...{ method, url: `${server.url}${path}`, redirects: 0, headersWithinMs: withinMs, withinMs, largestBody },
      headers: {
        apikey: server.apiKey,
        ...(body && { 'content-type': 'application/json' }),
        ...(upload && { 'content-length': String(upload.size) }),
      },
      ...(body && { body: upload ? upload.pieces : JSON.stringify(body) }),
      ...(signal && { signal }),
    });
  } catch (error) {
    const unreadable = upload?.failure();
    if (unreadable) throw unreadable;
    const failure = unanswered(error);
    // A body that breaks off is no JSON: nothing was done.
    throw upload && !upload.isWhole() ? new RemoteFailure('not_reached', failure.message, { cause: error }) : failure;
  }
}

async function wholeOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of explained(body)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

async function* explained(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw unanswered(error);
  }
}

/** `value`: what it said, where that was JSON. */
function failureOf({ apiKey }: RemoteServer, status: number, value: unknown): RemoteFailure {
  if (value !== undefined)
    return refused(status, value, wordsOf(value).replaceAll(apiKey, '***').slice(0, LONGEST_REASON));
  return status >= 500
    ? new RemoteFailure('unreachable', `The Evolution server answered ${status} without JSON.`)
    : new RemoteFailure('not_json', `The Evolution server answered ${status} with something that is no JSON.`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const NEVER_THERE: readonly string[] = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
];

function unanswered(error: unknown): RemoteFailure {
  if (!(error instanceof EgressFailure)) {
    return new RemoteFailure('unreachable', 'The Evolution server could not be called.', { cause: error });
  }
  if (error.code === 'timeout') {
    return new RemoteFailure('slow', 'The Evolution server did not answer in time.', { cause: error });
  }
  const sentence = `The Evolution server could not be reached: ${error.message}`;
  const isAway =
    error.code === 'name_not_found' || error.code === 'address_refused' || codesOf(error).some(isNeverThere);
  return new RemoteFailure(isAway ? 'not_reached' : 'unreachable', sentence, { cause: error });
}

const isNeverThere = (code: string): boolean => NEVER_THERE.includes(code);

function codesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  const inner = error instanceof AggregateError ? error.errors.flatMap(codesOf) : [];
  return [...own, ...inner, ...codesOf(error.cause)];
}

function refused(status: number, value: unknown, words: string): RemoteFailure {
  const says = `The Evolution server answered ${status}: ${words}`;
  if (words.includes('LICENSE_REQUIRED')) return new RemoteFailure('license_required', says);
  if (status === 401) return new RemoteFailure('key_refused', says);
  if (status === 403 && words.includes('already in use')) return new RemoteFailure('name_in_use', says);
  if (status === 404 && /instance\b.*(?:does not exist|not found)/i.test(words)) {
    return new RemoteFailure('unknown_instance', says);
  }
  if (/Connection Closed|is not connected/.test(words)) return new RemoteFailure('not_connected', says);
  if (status === 400 && JSON.stringify(value).includes('"exists":false')) {
    return new RemoteFailure('not_on_whatsapp', says);
  }
  return new RemoteFailure('refused', says);
}

/** What an error says: a text, a list, a list of lists, or an object of a library that leaked out. */
function wordsOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(wordsOf).join(', ');
  if (typeof value !== 'object' || value === null) return '';
  const { error, code, message, response, output, payload } = value as Record<string, unknown>;
  return [error, code, message, response, output, payload]
    .map(wordsOf)
    .filter((words) => words !== '')
    .join(': ');
}
