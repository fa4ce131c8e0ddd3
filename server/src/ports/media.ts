/** What outbox, inbox and sessions may ask of the files of messages. Implemented in messages/media; main.ts hands it on. */
import type { LinkPreview, Media, MediaId, MediaKind, MessageId, SendMedia, SessionId } from '@zapfleet/contract';
import type { MessageRecord } from '../domain/message.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { EngineMedia, EngineRun, OutgoingMedia } from './engine.ts';
import type { Change } from './store.ts';

type OfSession = Pick<SessionRecord, 'id' | 'tenantId'>;

/** What a request wants to send. `seconds` and `waveform` of a voice message, where the caller knows better than the file. */
export type MediaRequest = {
  kind: MediaKind;
  media: SendMedia;
  seconds?: number;
  waveform?: readonly number[];
};

/** Something that is on the disk and belongs to no message yet. */
export type Kept = {
  /**
   * For the change that inserts the message, anywhere after that insert. They are `required`: an upload that was removed at this very moment
   * undoes the change, and whoever tries again from `accept` on is told so.
   */
  writes(messageId: MessageId): Change;
  /** The message is not stored after all: what was made for it is removed. Never rejects; what a crash leaves is swept at the next start. */
  discard(): Promise<void>;
};

/** `media` goes into the content of the message; its state is `stored`. */
export type AcceptedMedia = Kept & { media: Media };

/** `preview` goes into the content of the message. */
export type AcceptedPreview = Kept & { preview: LinkPreview };

/** `media` goes into the content of the message; its state is `pending`. */
export type ReceivedMedia = {
  media: Media;
  /** For the change that inserts the message, after that insert. They change nothing where the message was not inserted (it came before). */
  writes: Change;
  /** To be called when that change is committed: the download begins. */
  committed(): void;
};

/** What sessions ask when they end, and when they look for what belongs to none. */
export type KeptFiles = {
  /** Removes all files of the messages of a session; answers how many. What another session's messages share stays. */
  removeOf(sessionId: SessionId): Promise<number>;
  /** Files that no row means. Those of the last hour may still get one, and are left alone. */
  strays(): Promise<MediaId[]>;
  removeStray(id: MediaId): Promise<void>;
};

export type MessageMedia = {
  /**
   * Makes a stored file of what a request names, before the message is accepted: fetches the address, decodes base64, or takes the upload.
   * Streamed to the disk. Throws `GatewayError`: `media_not_found` (no such upload in the tenant), `media_refused` (an address that may not be
   * called), `media_unavailable`, `media_too_large`, `disk_full`, `validation_failed` (not the kind of file it is to be sent as).
   */
  accept(session: OfSession, request: MediaRequest, signal?: AbortSignal): Promise<AcceptedMedia>;

  /** The file of a stored message for one attempt to send it; null when it is here no longer (the message fails with `media_unavailable`). */
  outgoing(message: MessageRecord): Promise<OutgoingMedia | null>;

  /**
   * A file that came with a message; called after `ignore` had its say. `when`: `now` downloads it as soon as the session is online and a place
   * is free; `asked` (history) waits until somebody asks for it.
   */
  received(
    session: OfSession,
    messageId: MessageId,
    kind: MediaKind,
    media: EngineMedia,
    when: 'now' | 'asked',
  ): ReceivedMedia;

  /** For the change that takes back what a message says (revoked): its file becomes `gone`, and its bytes are removed. */
  forget(messageId: MessageId): Change;

  /**
   * What to show of the first address in a text (`linkPreview: true`). null: there is none, or it cannot be had within a few seconds. Never
   * rejects: a text is sent without its preview rather than not at all.
   */
  preview(session: OfSession, text: string, signal?: AbortSignal): Promise<AcceptedPreview | null>;
  /** The small JPEG beside the link preview of a stored message, for each attempt; null: there is none. */
  previewImage(message: MessageRecord): Promise<Uint8Array | null>;

  /** The session can fetch files through this run, as `Traffic` tells it; what waits is fetched. */
  online(session: SessionRecord, run: EngineRun): void;
  offline(session: SessionRecord): void;
};
