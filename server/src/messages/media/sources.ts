/** The bytes that a request to send means: at an address, or within the request. */
import { EgressFailure } from '../../domain/egress-failure.ts';
import { GatewayError, invalidField } from '../../domain/gateway-error.ts';
import { cleanFilename } from '../../domain/media.ts';
import type { Egress, EgressHeaders } from '../../ports/egress.ts';

/** `served`: what its server or the request says it is. */
export type Source = { bytes: AsyncIterable<Uint8Array>; served: string | null; filename: string | null };

const REDIRECTS = 5;
const ANSWER_WITHIN_MS = 20_000;
const WHOLE_WITHIN_MS = 15 * 60_000;
/** Characters; a multiple of 4. A string of many MB is not doubled in memory. */
const BASE64_AT_ONCE = 65_536;

/** Opens what is at an address. Throws `media_refused`, `media_unavailable` or `media_too_large`; so does reading on. */
export async function sourceAt(egress: Egress, url: string, most: number, signal?: AbortSignal): Promise<Source> {
  const answer = await egress
    .request({
      method: 'GET',
      url,
      headers: { accept: '*/*', 'accept-encoding': 'identity' },
      redirects: REDIRECTS,
      headersWithinMs: ANSWER_WITHIN_MS,
      withinMs: WHOLE_WITHIN_MS,
      largestBody: most,
      ...(signal && { signal }),
    })
    .catch((error: unknown) => {
      throw refused(error, most);
    });
  const { status, headers, body } = answer;
  const problem = status < 200 || status > 299 ? `Its server answered ${status}.` : compression(headers);
  if (problem !== null) {
    answer.discard();
    throw new GatewayError('media_unavailable', problem, { status });
  }
  const type = headers['content-type'];
  return {
    bytes: explained(body, most),
    served: typeof type === 'string' ? type : null,
    filename: servedName(headers) ?? cleanFilename(decoded(new URL(answer.url).pathname)),
  };
}

async function* explained(body: AsyncIterable<Uint8Array>, most: number): AsyncIterable<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw refused(error, most);
  }
}

function refused(error: unknown, most: number): unknown {
  if (!(error instanceof EgressFailure)) return error;
  switch (error.code) {
    case 'address_invalid':
    case 'address_refused':
      return new GatewayError('media_refused', error.message);
    case 'too_large':
      return new GatewayError('media_too_large', undefined, { most });
    default:
      return new GatewayError('media_unavailable', error.message, { reason: error.code });
  }
}

/** It was asked not to; what is compressed anyway would arrive as rubbish. */
function compression(headers: EgressHeaders): string | null {
  const encoding = headers['content-encoding'];
  return encoding === undefined || encoding === 'identity'
    ? null
    : 'Its server sends it compressed, although it was asked not to.';
}

function servedName(headers: EgressHeaders): string | null {
  const disposition = headers['content-disposition'];
  if (typeof disposition !== 'string') return null;
  const extended = /filename\*\s*=\s*utf-8''([^;]+)/i.exec(disposition)?.[1];
  if (extended !== undefined) return cleanFilename(decoded(extended));
  const [, quoted, bare] = /filename\s*=\s*(?:"([^"]*)"|([^;\s]+))/i.exec(disposition) ?? [];
  return cleanFilename(quoted ?? bare);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Base64 in either alphabet, with or without line breaks, or a whole `data:` address. Throws `validation_failed`. */
export function sourceIn(base64: string): Source {
  const [, served = null, data = ''] = /^data:([^,;]*)[^,]*;base64,(.*)$/s.exec(base64) ?? [];
  const given = served === null ? base64 : data;
  const text = /\s/.test(given) ? given.replace(/\s+/g, '') : given;
  if (text === '') throw invalidField('media.base64', 'must not be empty');
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) throw invalidField('media.base64', 'is not base64');
  return { bytes: decode(text), served, filename: null };
}

// eslint-disable-next-line @typescript-eslint/require-await -- read like what comes from elsewhere
async function* decode(text: string): AsyncIterable<Uint8Array> {
  for (let at = 0; at < text.length; at += BASE64_AT_ONCE)
    yield Buffer.from(text.slice(at, at + BASE64_AT_ONCE), 'base64');
}
