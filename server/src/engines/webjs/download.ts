/** The file of a received message, which the page fetches and decrypts. */
import { MediaGone } from '../../ports/engine.ts';
import type { Client } from './library.ts';
import { readKept } from './messages.ts';

const PIECE = 64 * 1024;

/** Rejects with `MediaGone` where the page has none; with the signal's reason. */
export async function download(
  client: Client,
  ref: Uint8Array,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const message = await client.getMessageById(readKept(ref).serialized);
  const media = await Promise.race([message?.downloadMedia(), rejection(signal)]);
  if (!media) throw new MediaGone('the page has no file of this message');
  return inPieces(Buffer.from(media.data, 'base64'));
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_done, fail) => {
    const onAbort = (): void => fail(signal.reason as Error);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

async function* inPieces(bytes: Buffer): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE) yield await Promise.resolve(bytes.subarray(at, at + PIECE));
}
