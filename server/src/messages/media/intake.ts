/** Brings bytes to the disk, whatever they come from: an upload, a request, an address, WhatsApp. */
import type { MediaId, NewId, TenantId } from '@zapfleet/contract';
import { GatewayError } from '../../domain/gateway-error.ts';
import type { MediaFile } from '../../domain/media.ts';
import type { Clock } from '../../ports/clock.ts';
import { DiskFull, FileTooLarge, type MediaFiles } from '../../ports/media-files.ts';
import type { Change, Store } from '../../ports/store.ts';
import { inspect, type Inspected } from './inspect.ts';

/**
 * `added`: the bytes, where they are new; the tenant has the others already, and they are not kept twice. `room` belongs behind what adds them in
 * the same commit: those that come at the same moment cannot take more together than the tenant may keep.
 */
export type Taken = { file: MediaFile; added: MediaFile | null; seen: Inspected; room: Change };

export type Intake = {
  /** Rejects with `quota_exceeded` where the tenant may not keep so many bytes more. */
  requireRoom(tenantId: TenantId, bytes: number): Promise<void>;
  /**
   * Streams to the disk. Rejects with `quota_exceeded`, `FileTooLarge`, `DiskFull` or what the source failed with; nothing is kept then. The file is nobody's until a
   * record that means it is committed.
   */
  take(tenantId: TenantId, source: AsyncIterable<Uint8Array>, most: number, signal?: AbortSignal): Promise<Taken>;
  /** Nobody will mean it. Never rejects: the next sweep finds what could not be removed. */
  discard(taken: Taken): Promise<void>;
};

export type IntakeParts = {
  files: MediaFiles;
  store: { media: Pick<Store['media'], 'fileBySum' | 'usage'>; tenants: Pick<Store['tenants'], 'limits'> };
  clock: Clock;
  newId: NewId;
};

export function createIntake({ files, store, clock, newId }: IntakeParts): Intake {
  /** What the tenant may keep, and how much of that is left; null where it has no limit. */
  async function spaceOf(tenantId: TenantId): Promise<{ most: number; left: number } | null> {
    const most = (await store.tenants.limits(tenantId))?.mediaBytes ?? null;
    return most === null ? null : { most, left: most - (await store.media.usage(tenantId)) };
  }

  async function drop(id: MediaId): Promise<void> {
    await files.remove(id).catch(() => undefined);
  }

  return {
    async requireRoom(tenantId, bytes) {
      const space = await spaceOf(tenantId);
      if (space && space.left < bytes) throw noRoom(space.most);
    },
    async take(tenantId, source, most, signal) {
      const id = newId('med');
      const space = await spaceOf(tenantId);
      if (space && space.left <= 0) throw noRoom(space.most);
      const bound = space ? Math.min(most, space.left) : most;
      const written = await files
        .write(id, source, { most: bound, ...(signal && { signal }) })
        .catch((error: unknown) => {
          throw space && bound < most && error instanceof FileTooLarge ? noRoom(space.most) : error;
        });
      try {
        const blob = await files.blob(id);
        if (!blob) throw new Error('A file is gone that was just written');
        const seen = await inspect(blob);
        const same = await store.media.fileBySum(tenantId, written.sha256);
        if (same) {
          await drop(id);
          return { file: same, added: null, seen, room: [] };
        }
        const now = clock.now();
        const file: MediaFile = { id, tenantId, ...written, createdAt: now, usedAt: now };
        const room: Change = space ? [{ kind: 'tenant.space', id: tenantId, bytes: space.most, required: true }] : [];
        return { file, added: file, seen, room };
      } catch (error) {
        await drop(id);
        throw error;
      }
    },
    async discard({ added }) {
      if (added) await drop(added.id);
    },
  };
}

const noRoom = (most: number): GatewayError =>
  new GatewayError('quota_exceeded', 'The tenant may not keep so many bytes of files more.', {
    limit: 'mediaBytes',
    most,
  });

/** What a request is answered with that brought a file which cannot be kept. */
export function refusalOf(error: unknown, most: number): unknown {
  if (error instanceof FileTooLarge) return new GatewayError('media_too_large', undefined, { most });
  if (error instanceof DiskFull) return new GatewayError('disk_full');
  return error;
}
