/** Where the file of a message is, how it is decrypted, and which message it is of: all that a later download needs. */
import type { MessageKey } from '../../../ports/engine.ts';
import { decodeValue, encodeValue } from '../codec.ts';

/** Decides on the keys that are derived from the media key. */
export type MediaFamily = 'image' | 'video' | 'audio' | 'document' | 'sticker' | 'history';

export type MediaRef = {
  family: MediaFamily;
  url: string | null;
  /** On whatever media host; goes before `url`. */
  directPath: string | null;
  /** null: the file is not encrypted, as in newsletters. */
  mediaKey: Uint8Array | null;
  fileSha256: Uint8Array | null;
  fileEncSha256: Uint8Array | null;
  key: MessageKey;
};

export function encodeMediaRef({ key, ...file }: MediaRef): Uint8Array {
  const { waId, chat, sender, fromMe } = key;
  return encodeValue({ ...file, key: { waId, chat, sender, fromMe } });
}

/** Throws where the bytes were not written by `encodeMediaRef`. */
export function decodeMediaRef(bytes: Uint8Array): MediaRef {
  const value = decodeValue(bytes);
  if (typeof value === 'object' && value !== null && 'family' in value && 'key' in value) return value as MediaRef;
  throw new Error('this is no reference to a file');
}
