/** The files of messages, as outbox and inbox see them. */
import type { NewId } from '@zapfleet/contract';
import { cleanFilename, emptyMedia, type MediaRecord, mediaResource, usualType } from '../../domain/media.ts';
import type { Clock } from '../../ports/clock.ts';
import type { MessageMedia } from '../../ports/media.ts';
import type { MediaFiles } from '../../ports/media-files.ts';
import type { Store } from '../../ports/store.ts';
import type { Downloads } from './downloads.ts';
import type { Intake } from './intake.ts';
import type { LinkPreviews } from './link-preview.ts';

export type MessageMediaParts = {
  store: Store;
  files: MediaFiles;
  intake: Intake;
  accept: MessageMedia['accept'];
  downloads: Downloads;
  previews: LinkPreviews;
  clock: Clock;
  newId: NewId;
  /** Bytes of a file that is fetched before somebody asks for it. */
  mostUnasked: number;
};

/** So small that a picture is its own thumbnail. */
const THUMBNAIL_BYTES = 24 * 1024;

export function createMessageMedia(parts: MessageMediaParts): MessageMedia {
  const { store, files, intake, accept, downloads, previews, clock, newId, mostUnasked } = parts;
  return {
    accept,

    async outgoing(message) {
      const record = await store.media.ofMessage(message.id, 'file');
      const key = record?.file ?? null;
      if (!record || key === null) return null;
      const size = await files.sizeOf(key);
      if (size === null || size !== record.size) return null;
      const { mimetype, filename, width, height, seconds, waveform } = record;
      const isThumbnail = mimetype === 'image/jpeg' && size <= THUMBNAIL_BYTES;
      return {
        ...{ mimetype, filename, size, width, height, seconds, waveform },
        thumbnail: isThumbnail ? await whole(files.read(key)) : null,
        open: () => files.read(key),
      };
    },

    received(session, messageId, kind, media, when) {
      const { ref, mimetype, filename, size, width, height, seconds, waveform } = media;
      const now = clock.now();
      const unasked = when === 'now' && (size === null || size <= mostUnasked);
      const record: MediaRecord = {
        ...emptyMedia(session, newId('med'), now),
        ...{ messageId, ref, size, width, height, seconds },
        mimetype: mimetype === '' ? usualType[kind] : mimetype,
        filename: cleanFilename(filename),
        waveform: waveform && [...waveform],
        retryAt: unasked ? now : null,
      };
      return {
        media: mediaResource(record),
        writes: [{ kind: 'media.insert', record, file: null }],
        committed: () => {
          if (unasked) downloads.wake(session.id);
        },
      };
    },

    forget: (messageId) => [{ kind: 'media.forget', messageId, reason: 'The message was taken back.' }],

    async preview(session, text, signal) {
      const made = await previews.make(session.tenantId, text, signal);
      if (!made) return null;
      const { preview, image } = made;
      if (!image) return { preview, writes: () => [], discard: () => Promise.resolve() };
      const { file, added, room } = image;
      const record: MediaRecord = {
        ...emptyMedia(session, newId('med'), clock.now()),
        ...{ role: 'preview', state: 'stored', mimetype: 'image/jpeg', file: file.id },
        ...{ size: file.size, sha256: file.sha256 },
      };
      return {
        preview,
        writes: (messageId) => [
          { kind: 'media.insert', record: { ...record, messageId }, file: added, required: true },
          ...room,
        ],
        discard: () => intake.discard(image),
      };
    },

    async previewImage(message) {
      const record = await store.media.ofMessage(message.id, 'preview');
      return record?.file ? whole(files.read(record.file)).catch(() => null) : null;
    },

    online: (session, run) => downloads.online(session, run),
    offline: ({ id }) => downloads.offline(id),
  };
}

async function whole(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}
