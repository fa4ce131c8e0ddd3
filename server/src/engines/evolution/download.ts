/** The file of a received message, which the server fetches from WhatsApp and decrypts. */
import { createHash } from 'node:crypto';
import { MediaGone } from '../../ports/engine.ts';
import type { EvolutionApi } from './api.ts';
import { RemoteFailure } from './client.ts';
import { readRef } from './read-media.ts';

/** WhatsApp's hosts have it no more, nor has the phone: the server looked twice, and asked the phone in between. */
const GONE = /Failed to fetch stream|re-upload failed|Message not found|not of the media type/;

/** Rejects with `MediaGone`, and with `RemoteFailure` where another attempt may help. */
export async function download(
  api: EvolutionApi,
  name: string,
  ref: Uint8Array,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const { message, sha256 } = readRef(ref);
  try {
    return whole(await api.download(name, message, signal), sha256);
  } catch (error) {
    if (error instanceof RemoteFailure && error.fault === 'refused' && GONE.test(error.message)) {
      throw new MediaGone('WhatsApp has the file no more, nor has the phone', { cause: error });
    }
    throw error;
  }
}

/** Fails at its end where it is not what the sender encrypted. */
async function* whole(bytes: AsyncIterable<Uint8Array>, sha256: string | null): AsyncIterable<Uint8Array> {
  const hash = createHash('sha256');
  for await (const piece of bytes) {
    hash.update(piece);
    yield piece;
  }
  if (sha256 !== null && hash.digest('hex') !== sha256) throw new Error('the file is not what was sent');
}
