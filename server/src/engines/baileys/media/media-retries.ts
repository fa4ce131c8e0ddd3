/** Files that WhatsApp's hosts have no longer: the phone that has the message is asked to upload it again, and says where it is then. */
import type { BinaryNode } from 'baileys';
import { MediaGone } from '../../../ports/engine.ts';
import { decodeMediaRetryNode, decryptMediaRetryData, encryptMediaRetryRequest, proto } from '../library.ts';
import type { MediaRef } from './media-ref.ts';

const { ResultType } = proto.MediaRetryNotification;

export class MediaRetries {
  readonly #waiting = new Map<string, Set<(answer: BinaryNode) => void>>();

  /** A `mediaretry` notification. */
  heard(stanza: BinaryNode): void {
    for (const answered of this.#waiting.get(stanza.attrs.id ?? '') ?? []) answered(stanza);
  }

  /** The new path. Rejects with `MediaGone` when the phone has the file no more, and with the signal's reason when it does not answer. */
  async ask(
    { key, mediaKey }: MediaRef & { mediaKey: Uint8Array },
    me: string,
    send: (stanza: BinaryNode) => Promise<void>,
    signal: AbortSignal,
  ): Promise<string> {
    const { waId: id, chat: remoteJid, sender, fromMe } = key;
    const isShared = remoteJid.endsWith('@g.us') || remoteJid.endsWith('@broadcast');
    const { answer, stop } = this.#answerTo(id, signal);
    try {
      const wireKey = { id, remoteJid, fromMe, ...(isShared ? { participant: sender } : {}) };
      await send(encryptMediaRetryRequest(wireKey, Buffer.from(mediaKey), me));
      return pathIn(await answer, mediaKey);
    } finally {
      stop();
    }
  }

  #answerTo(id: string, signal: AbortSignal): { answer: Promise<BinaryNode>; stop: () => void } {
    const { promise, resolve, reject } = Promise.withResolvers<BinaryNode>();
    // Whoever asks may fail first and never look.
    promise.catch(() => undefined);
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting.add(resolve));
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    const stop = () => {
      signal.removeEventListener('abort', abort);
      waiting.delete(resolve);
      if (waiting.size === 0) this.#waiting.delete(id);
    };
    return { answer: promise, stop };
  }
}

function pathIn(answer: BinaryNode, mediaKey: Uint8Array): string {
  const { key, media, error } = decodeMediaRetryNode(answer);
  if (error || !media) throw new MediaGone('The phone could not upload the file again.');
  const { result, directPath } = decryptMediaRetryData(media, mediaKey, key.id ?? '');
  if (result === ResultType.SUCCESS && directPath) return directPath;
  if (result === ResultType.GENERAL_ERROR) throw new Error('The phone failed to upload the file again.');
  throw new MediaGone('The phone has the file no more.');
}
