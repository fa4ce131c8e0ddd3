/** The file of a received message, which the page fetches and decrypts. */
import { MediaGone } from '../../ports/engine.ts';
import type { BrowserSession } from './browser-session.ts';
import { readKept } from './messages.ts';
import { fetchFile } from './page-scripts.ts';

const PIECE = 64 * 1024;
/** So the page names a file that neither the hosts nor the phone have. */
const MISSING = 'ERROR_MISSING';

/** Rejects with `MediaGone` where the page has none; with the signal's reason. */
export async function download(
  session: Pick<BrowserSession, 'client' | 'ask'>,
  ref: Uint8Array,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const aborted = rejection(signal);
  const { serialized } = readKept(ref);
  // The library has one answer for a file that is gone and for one that did not come this time.
  const stage = await Promise.race([session.ask(fetchFile(serialized)), aborted]);
  if (stage === null || stage === MISSING) throw new MediaGone('the page has no file of this message');
  if (stage !== 'RESOLVED') throw new Error(`the page could not fetch the file: ${JSON.stringify(stage)}`);
  const message = await Promise.race([session.client.getMessageById(serialized), aborted]);
  const media = await Promise.race([message?.downloadMedia(), aborted]);
  if (!media) throw new MediaGone('the page has no file of this message');
  return inPieces(Buffer.from(media.data, 'base64'));
}

function rejection(signal: AbortSignal): Promise<never> {
  const aborted = new Promise<never>((_done, fail) => {
    const onAbort = (): void => fail(signal.reason as Error);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  aborted.catch(() => undefined);
  return aborted;
}

async function* inPieces(bytes: Buffer): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE) yield await Promise.resolve(bytes.subarray(at, at + PIECE));
}
