/** What the HTTP interface may ask of files. Implemented by library.ts. */
import type { TenantId } from '@zapfleet/contract';
import type { MediaRecord } from '../../domain/media.ts';
import type { MessageRecord } from '../../domain/message.ts';

/** `mimetype`: as its sender says; without it, as it looks. */
export type Upload = { bytes: AsyncIterable<Uint8Array>; mimetype: string | undefined; filename: string | null };

/** A file to hand out. The end of a range is part of it. */
export type OpenedMedia = {
  record: MediaRecord;
  size: number;
  read(range?: { from: number; to: number }): AsyncIterable<Uint8Array>;
};

export type MediaLibrary = {
  /** Streams a file to the disk, for messages to come; kept for 24 hours. Throws `media_too_large` and `disk_full`. */
  upload(tenantId: TenantId, upload: Upload, signal?: AbortSignal): Promise<MediaRecord>;
  /** An upload is wanted no more; messages that named it keep the file. Never rejects: it goes after its 24 hours at the latest. */
  discard(upload: MediaRecord): Promise<void>;
  /**
   * Where the file of a message stands. One that waits is fetched now, and waited for up to `waitMs`; it may be `pending` still. Throws
   * `media_not_found`, `media_gone`, `session_not_connected` and `not_supported_by_engine`.
   */
  find(message: MessageRecord, waitMs: number): Promise<MediaRecord>;
  /** The address to fetch it from, without a key. */
  sign(media: MediaRecord): { path: string; expiresAt: number };
  /** What a signed address means; null for one that is forged or past its time. Throws `media_gone`. */
  open(id: string, address: { expires: string; signature: string }): Promise<OpenedMedia | null>;
};
