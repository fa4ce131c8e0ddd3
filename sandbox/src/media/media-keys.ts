import { hkdf } from '../wire/hkdf.ts';

/** What a file is encrypted as: the kind is part of the key. Stickers are images, voices audio. */
export type MediaKind = 'image' | 'video' | 'audio' | 'document' | 'history';

export type MediaKeys = { readonly iv: Buffer; readonly cipher: Buffer; readonly mac: Buffer };

const LABEL: Record<MediaKind, string> = {
  image: 'WhatsApp Image Keys',
  video: 'WhatsApp Video Keys',
  audio: 'WhatsApp Audio Keys',
  document: 'WhatsApp Document Keys',
  history: 'WhatsApp History Keys',
};

/** How much of the MAC stands behind an encrypted file. */
export const MAC_LENGTH = 10;

export function mediaKeys(mediaKey: Uint8Array, kind: MediaKind): MediaKeys {
  const bytes = hkdf(mediaKey, 112, LABEL[kind]);
  return { iv: bytes.subarray(0, 16), cipher: bytes.subarray(16, 48), mac: bytes.subarray(48, 80) };
}

/** The key of a request to upload a file again, and of its answer. */
export function mediaRetryKey(mediaKey: Uint8Array): Buffer {
  return hkdf(mediaKey, 32, 'WhatsApp Media Retry Notification');
}
