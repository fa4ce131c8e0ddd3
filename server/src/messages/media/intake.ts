/** Brings bytes to the disk, whatever they come from: an upload, a request, an address, WhatsApp. */
import type { MediaId, NewId, TenantId } from '@zapfleet/contract';
import { GatewayError } from '../../domain/gateway-error.ts';
import type { MediaFile } from '../../domain/media.ts';
import type { Clock } from '../../ports/clock.ts';
import { DiskFull, FileTooLarge, type MediaFiles } from '../../ports/media-files.ts';
import type { MediaReads } from '../../ports/store.ts';
import { inspect, type Inspected } from './inspect.ts';

/** `added`: the bytes, where they are new; the tenant has the others already, and they are not kept twice. */
export type Taken = { file: MediaFile; added: MediaFile | null; seen: Inspected };

export type Intake = {
  /**
   * Streams to the disk. Rejects with `FileTooLarge`, `DiskFull` or what the source failed with; nothing is kept then. The file is nobody's until a
   * record that means it is committed.
   */
  take(tenantId: TenantId, source: AsyncIterable<Uint8Array>, most: number, signal?: AbortSignal): Promise<Taken>;
  /** Nobody will mean it. Never rejects: the next sweep finds what could not be removed. */
  discard(taken: Taken): Promise<void>;
};

export type IntakeParts = { files: MediaFiles; known: Pick<MediaReads, 'fileBySum'>; clock: Clock; newId: NewId };

export function createIntake({ files, known, clock, newId }: IntakeParts): Intake {
  async function drop(id: MediaId): Promise<void> {
    await files.remove(id).catch(() => undefined);
  }

  return {
    async take(tenantId, source, most, signal) {
      const id = newId('med');
      const written = await files.write(id, source, { most, ...(signal && { signal }) });
      try {
        const blob = await files.blob(id);
        if (!blob) throw new Error('A file is gone that was just written');
        const seen = await inspect(blob);
        const same = await known.fileBySum(tenantId, written.sha256);
        if (same) {
          await drop(id);
          return { file: same, added: null, seen };
        }
        const now = clock.now();
        const file: MediaFile = { id, tenantId, ...written, createdAt: now, usedAt: now };
        return { file, added: file, seen };
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

/** What a request is answered with that brought a file which cannot be kept. */
export function refusalOf(error: unknown, most: number): unknown {
  if (error instanceof FileTooLarge) return new GatewayError('media_too_large', undefined, { most });
  if (error instanceof DiskFull) return new GatewayError('disk_full');
  return error;
}
