/** The file of a received message: fetched from WhatsApp's hosts, decrypted and verified while it passes through. */
import { type Dispatcher, request } from 'undici';
import { type Bytes, decryptFile, verifyFile } from './file-cipher.ts';
import type { MediaRef } from './media-ref.ts';

export type DownloadParts = {
  /** Hosts that may be asked, the best first. What a sender writes into a message is none. */
  hosts: readonly string[];
  dispatcher: Dispatcher;
  signal: AbortSignal;
};

const ORIGIN = 'https://web.whatsapp.com';
const STALLED_MS = 60_000;
/** The host has it no longer, or the address has expired: only the phone can help. */
const GONE = new Set([403, 404, 410]);

/** `null`: the hosts have it no more. The stream fails with `MediaCorrupt` where what came is not what was sent. */
export async function downloadFile(ref: MediaRef, parts: DownloadParts): Promise<Bytes | null> {
  const body = await fetchFile(ref, parts);
  if (body === null) return null;
  const { family, mediaKey } = ref;
  return mediaKey ? decryptFile(body, family, { ...ref, mediaKey }) : verifyFile(body, ref.fileSha256);
}

async function fetchFile(ref: MediaRef, { hosts, dispatcher, signal }: DownloadParts): Promise<Bytes | null> {
  let last: unknown = new Error('WhatsApp named no host for files');
  for (const host of hosts) {
    const place = placeOf(ref, host);
    if (place === null) return null;
    try {
      const { statusCode, body } = await request(place, {
        dispatcher,
        headers: { origin: ORIGIN },
        signal,
        bodyTimeout: STALLED_MS,
        headersTimeout: STALLED_MS,
      });
      if (statusCode === 200) return body;
      await body.dump();
      if (GONE.has(statusCode)) return null;
      last = new Error(`${host} answered ${statusCode}`);
    } catch (error) {
      if (signal.aborted) throw error;
      last = error;
    }
  }
  throw last;
}

/** Null where the message says no path. The host is ours to choose, whatever the sender wrote around the path. */
function placeOf({ directPath, url }: MediaRef, host: string): URL | null {
  const path = directPath ?? pathOf(url);
  if (!path?.startsWith('/') || path.startsWith('//')) return null;
  const base = new URL(`https://${host}`);
  const place = URL.canParse(path, base) ? new URL(path, base) : null;
  return place?.host === base.host && place.protocol === 'https:' ? place : null;
}

function pathOf(url: string | null): string | null {
  if (url === null || !URL.canParse(url)) return null;
  const { pathname, search } = new URL(url);
  return pathname + search;
}
