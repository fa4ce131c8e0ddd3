/** The file of a message as it is stored: what is known of it, where it stands, and which bytes on the disk it means. Times are ms since the epoch. */
import type { Media, MediaId, MediaState, MessageId, SessionId, TenantId } from '@zapfleet/contract';

/** What is known of a file beside its bytes. */
export type MediaDetails = Omit<Media, 'id' | 'state'>;

export type MediaRecord = MediaDetails & {
  id: MediaId;
  tenantId: TenantId;
  /** null: an upload that is nobody's message yet. */
  sessionId: SessionId | null;
  messageId: MessageId | null;
  /** `file`: what the message carries. `preview`: the picture of its link. */
  role: 'file' | 'preview';
  state: MediaState;
  /** The stored bytes; several records may mean the same. null: there are none here. */
  file: MediaId | null;
  /** The engine's word for where a received file is. */
  ref: Uint8Array | null;
  /** How often fetching it was tried. */
  attempts: number;
  /** When it is fetched next; null: not by itself, only when somebody asks for it. */
  retryAt: number | null;
  /** Why it is `gone` or `failed`, or why it is not here yet. */
  reason: string | null;
  createdAt: number;
  /** Until when an unused upload is kept. */
  expiresAt: number | null;
};

/** Bytes on the disk. `id` is also the name they are kept under. */
export type MediaFile = {
  id: MediaId;
  tenantId: TenantId;
  size: number;
  sha256: string;
  createdAt: number;
  /** When a message last came to mean it: retention goes by this. */
  usedAt: number;
};

/** As the outside sees it. */
export function mediaResource(record: MediaRecord): Media {
  const { id, state, mimetype, filename, size, sha256, width, height, seconds, waveform } = record;
  return { id, state, mimetype, filename, size, sha256, width, height, seconds, waveform };
}
