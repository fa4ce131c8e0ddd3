/** The file of a message as it is stored: what is known of it, where it stands, and which bytes on the disk it means. Times are ms since the epoch. */
import type { Media, MediaId, MediaKind, MediaState, MessageId, SessionId, TenantId } from '@zapfleet/contract';

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

export function mediaDetails(record: MediaDetails): MediaDetails {
  const { mimetype, filename, size, sha256, width, height, seconds, waveform } = record;
  return { mimetype, filename, size, sha256, width, height, seconds, waveform };
}

/** As the outside sees it. */
export function mediaResource(record: MediaRecord): Media {
  return { id: record.id, state: record.state, ...mediaDetails(record) };
}

/** One of which nothing is known yet. */
export function emptyMedia(
  { id: sessionId, tenantId }: { id: SessionId; tenantId: TenantId },
  id: MediaId,
  createdAt: number,
): MediaRecord {
  return {
    ...{ id, tenantId, sessionId, messageId: null, role: 'file', state: 'pending', mimetype: '', filename: null },
    ...{ size: null, sha256: null, width: null, height: null, seconds: null, waveform: null },
    ...{ file: null, ref: null, attempts: 0, retryAt: null, reason: null, createdAt, expiresAt: null },
  };
}

const RETRY_AFTER_S = [10, 60, 300, 1_800, 7_200, 21_600, 43_200] as const;

/** How long after the `attempts`th failure a file is fetched again, in ms; null: it is given up. */
export function retryDelay(attempts: number): number | null {
  const seconds = RETRY_AFTER_S[attempts - 1];
  return seconds === undefined ? null : seconds * 1000;
}

/** What kinds of files WhatsApp takes as what. As a document it takes anything. */
const fitting: Record<MediaKind, { begins: string; called: string } | null> = {
  image: { begins: 'image/', called: 'an image' },
  video: { begins: 'video/', called: 'a video' },
  audio: { begins: 'audio/', called: 'audio' },
  voice: { begins: 'audio/', called: 'audio' },
  sticker: { begins: 'image/webp', called: 'a WebP image' },
  document: null,
};

/** Why a file of this media type cannot be sent as this kind; null: it can. It goes on where the name of the field stopped. */
export function misfit(kind: MediaKind, mimetype: string): string | null {
  const wanted = fitting[kind];
  return wanted === null || mimetype.startsWith(wanted.begins) ? null : `is ${mimetype}, not ${wanted.called}`;
}

/** The media type without its parameters, in lower case. */
export function bareType(mimetype: string): string {
  return (mimetype.split(';')[0] ?? '').trim().toLowerCase();
}

const SAYS_NOTHING: readonly string[] = ['', 'application/octet-stream', 'binary/octet-stream', 'application/x-binary'];

/**
 * The media type of a file to send. What the caller said counts most; then what the bytes are, where they can be told; then what its server said.
 * A page that says it is one (an error, a login) is not taken for the picture it was to be.
 */
export function mimetypeOf(said: string | undefined, seen: string | null, served: string | null): string {
  if (said !== undefined) return said.trim();
  if (seen !== null && seen !== 'application/xml') return seen;
  return served !== null && !SAYS_NOTHING.includes(bareType(served)) ? served.trim() : 'application/octet-stream';
}

/** Opus in Ogg is what WhatsApp records voice messages in, and how it names it. */
export const VOICE_TYPE = 'audio/ogg; codecs=opus';

/** What a kind is where its sender does not say. */
export const usualType: Record<MediaKind, string> = {
  image: 'image/jpeg',
  video: 'video/mp4',
  audio: 'audio/mpeg',
  voice: VOICE_TYPE,
  sticker: 'image/webp',
  document: 'application/octet-stream',
};

/** The last part of a name that came from elsewhere, without what a file system or a terminal would trip over; null: nothing is left. */
export function cleanFilename(name: string | null | undefined): string | null {
  const last = (name ?? '').split(/[/\\]/).at(-1) ?? '';
  // Control characters, and those that turn the direction of writing: "exe.gpj" must not read as "jpg.exe".
  const clean = last
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .toWellFormed()
    .trim()
    .slice(0, 255);
  return clean === '' || /^\.+$/.test(clean) ? null : clean;
}
