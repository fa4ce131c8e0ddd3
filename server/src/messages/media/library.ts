/** Files for the HTTP interface: taken in as uploads, handed out at signed addresses. */
import type { MediaId, NewId, TenantId } from '@zapfleet/contract';
import { GatewayError } from '../../domain/gateway-error.ts';
import { cleanFilename, type MediaRecord, mimetypeOf } from '../../domain/media.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { MediaFiles } from '../../ports/media-files.ts';
import type { Store } from '../../ports/store.ts';
import type { MediaAddresses } from './addresses.ts';
import type { Downloads } from './downloads.ts';
import { type Intake, refusalOf, type Taken } from './intake.ts';
import type { MediaLibrary, Upload } from './library-api.ts';
import { withPatience } from './patience.ts';

export type LibraryParts = {
  store: Store;
  files: MediaFiles;
  intake: Intake;
  downloads: Downloads;
  addresses: MediaAddresses;
  clock: Clock;
  newId: NewId;
  log: Log;
  /** Bytes of one file. */
  most: number;
};

const UPLOADS_KEPT_MS = 24 * 3_600_000;
const NOTHING_FOR_MS = 60_000;

export function createMediaLibrary(parts: LibraryParts): MediaLibrary {
  const { store, files, intake, downloads, addresses, clock, newId, log, most } = parts;

  async function keep(tenantId: TenantId, upload: Upload, taken: Taken): Promise<MediaRecord> {
    const { file, added, seen, room } = taken;
    const now = clock.now();
    const record: MediaRecord = {
      ...{ id: newId('med'), tenantId, sessionId: null, messageId: null, role: 'file', state: 'stored' },
      mimetype: mimetypeOf(upload.mimetype, seen.mimetype, null),
      filename: cleanFilename(upload.filename),
      ...{ size: file.size, sha256: file.sha256, file: file.id },
      ...{ width: seen.width, height: seen.height, seconds: seen.seconds, waveform: null },
      ...{ ref: null, attempts: 0, retryAt: null, reason: null, createdAt: now, expiresAt: now + UPLOADS_KEPT_MS },
    };
    const { committed, changed } = await store.commit([
      { kind: 'media.insert', record, file: added, required: true },
      ...room,
    ]);
    // Others took the room at this very moment.
    if (!committed && changed[0] === true) await intake.requireRoom(tenantId, file.size);
    // The bytes that it was to share were removed at this very moment.
    if (!committed)
      throw new GatewayError('media_unavailable', 'The file was removed while it was stored. Send it again.');
    return record;
  }

  /** A row whose file was lost says so from now on. */
  async function lost(record: MediaRecord): Promise<never> {
    log.error({ mediaId: record.id, file: record.file }, 'A file is missing on the disk');
    if (record.file !== null) {
      const reason = 'It is missing on the disk.';
      await store.commit([{ kind: 'media.drop', files: [record.file], unusedSince: clock.now(), reason }]);
    }
    throw gone({ ...record, state: 'gone' });
  }

  return {
    async upload(tenantId, upload, signal) {
      const given = new AbortController();
      const within = signal ? AbortSignal.any([signal, given.signal]) : given.signal;
      const bytes = withPatience(upload.bytes, NOTHING_FOR_MS, clock, given);
      const taken = await intake.take(tenantId, bytes, most, within).catch((error: unknown) => {
        throw refusalOf(error, most);
      });
      try {
        return await keep(tenantId, upload, taken);
      } catch (error) {
        await intake.discard(taken);
        throw error;
      }
    },

    async discard({ id }) {
      await store.commit([{ kind: 'media.release', ids: [id] }]).catch((error: unknown) => {
        log.warn({ mediaId: id, error }, 'An upload that nobody wants any more could not be removed yet');
      });
    },

    async find(message, waitMs) {
      const record = await store.media.ofMessage(message.id, 'file');
      if (!record) throw new GatewayError('media_not_found');
      if (record.state !== 'pending') return found(record);
      const settled = downloads.settled(record.id, waitMs);
      await downloads.fetch(record);
      await settled;
      return found((await store.media.ofMessage(message.id, 'file')) ?? record);
    },

    sign: ({ id }) => addresses.sign(id, clock.now()),

    async open(id, address) {
      if (!addresses.isValid(id, address, clock.now())) return null;
      const record = await store.media.get(id as MediaId, null);
      if (!record) throw new GatewayError('media_not_found');
      // Who has an address has no key that could be taken from him.
      const tenant = await store.accounts.tenants.get(record.tenantId);
      if (tenant !== null && tenant.suspendedAt !== null) return null;
      const { file } = found(record);
      if (file === null) throw gone(record);
      const size = await files.sizeOf(file);
      return size === null || size !== record.size
        ? lost(record)
        : { record, size, read: (range) => files.read(file, range) };
    },
  };
}

/** Throws `media_gone` for what will not come. */
function found(record: MediaRecord): MediaRecord {
  if (record.state === 'gone' || record.state === 'failed') throw gone(record);
  return record;
}

function gone({ state }: MediaRecord): GatewayError {
  return new GatewayError('media_gone', undefined, { state });
}
