/** The guarded HTTP client: keeps connections alive, follows redirects by hand, and gives up in time. */
import { Readable } from 'node:stream';
import { EgressFailure } from '../domain/egress-failure.ts';
import type { AddressAllowance, Egress, EgressAnswer, EgressHeaders, EgressRequest } from '../ports/egress.ts';
import { openConnections } from './connections.ts';
import { guardedConnector } from './connector.ts';
import { egressFailure } from './failures.ts';
import { createGuard } from './guard.ts';
import { post } from './post.ts';
import { nameResolver, type ResolveName } from './resolve-names.ts';

export type EgressOptions = {
  allow: AddressAllowance;
  /** Says who calls. */
  userAgent: string;
  /** For tests. */
  resolveName?: ResolveName;
  /** Certificates to trust in place of the usual ones, PEM. */
  ca?: string;
};

const CONNECT_MS = 10_000;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

export function openEgress({ allow, userAgent, resolveName = nameResolver(), ca }: EgressOptions): Egress {
  const guard = createGuard(allow, resolveName);
  const connect = guardedConnector(guard, { timeoutMs: CONNECT_MS, ...(ca !== undefined && { ca }) });
  const connections = openConnections(connect);
  const { agent } = connections;

  async function once(
    { method, headers = {}, body, headersWithinMs, withinMs, largestBody }: EgressRequest,
    url: URL,
    within: AbortSignal,
  ): Promise<EgressAnswer> {
    const answer = await agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method,
      headers: { 'user-agent': userAgent, ...headers },
      ...(body !== undefined && {
        body: typeof body === 'string' || body instanceof Uint8Array ? body : Readable.from(body),
      }),
      headersTimeout: headersWithinMs,
      bodyTimeout: withinMs,
      signal: within,
    });
    const { statusCode: status, headers: answered, body: stream } = answer;
    // Without a listener an error of a body that nobody reads would end the process.
    const discard = (): void => void stream.on('error', () => undefined).destroy();
    if (method !== 'HEAD' && Number(answered['content-length'] ?? 0) > largestBody) {
      discard();
      throw tooLarge(largestBody);
    }
    return { status, headers: answered, url: url.href, body: limited(stream, largestBody), discard };
  }

  async function request(wanted: EgressRequest): Promise<EgressAnswer> {
    const deadline = AbortSignal.timeout(wanted.withinMs);
    const within = wanted.signal ? AbortSignal.any([wanted.signal, deadline]) : deadline;
    const mayFollow = wanted.method === 'GET' || wanted.method === 'HEAD';
    let url = guard.read(wanted.url);
    let { headers } = wanted;
    try {
      for (let left = wanted.redirects; ; left -= 1) {
        const answer = await once({ ...wanted, ...(headers && { headers }) }, url, within);
        const next = mayFollow && wanted.redirects > 0 ? redirectOf(answer) : null;
        if (next === null) return { ...answer, body: explained(answer.body, within) };
        answer.discard();
        if (left === 0) throw new EgressFailure('too_many_redirects', 'The host redirected too often.');
        const to = guard.read(URL.parse(next, url)?.href ?? '');
        // What was meant for one host is not shown to another.
        if (to.origin !== url.origin) headers = {};
        url = to;
      }
    } catch (error) {
      throw within.aborted ? stopped(within) : egressFailure(error);
    }
  }

  return {
    post: (wanted) => post(connections, guard, userAgent, wanted),
    request,
    async check(url) {
      await guard.addressesOf(guard.read(url).hostname);
    },
    addressesOf: (host) => guard.addressesOf(host),
    async [Symbol.asyncDispose]() {
      await connections[Symbol.asyncDispose]();
    },
  };
}

function redirectOf({ status, headers }: { status: number; headers: EgressHeaders }): string | null {
  const { location } = headers;
  return REDIRECTS.includes(status) && typeof location === 'string' ? location : null;
}

async function* limited(body: AsyncIterable<unknown>, most: number): AsyncIterable<Uint8Array> {
  let length = 0;
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('a body is bytes');
    length += chunk.byteLength;
    if (length > most) throw tooLarge(most);
    yield chunk;
  }
}

async function* explained(body: AsyncIterable<Uint8Array>, within: AbortSignal): AsyncIterable<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw within.aborted ? stopped(within) : egressFailure(error);
  }
}

function stopped({ reason }: AbortSignal): EgressFailure {
  return reason instanceof DOMException && reason.name === 'TimeoutError'
    ? new EgressFailure('timeout', 'The answer did not come in time.')
    : new EgressFailure('aborted', 'The call was given up.', { cause: reason });
}

function tooLarge(most: number): EgressFailure {
  return new EgressFailure('too_large', `The answer is longer than ${most} bytes.`);
}
