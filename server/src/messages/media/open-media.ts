/** Puts the parts that care for the files of messages together. */
import type { NewId } from '@zapfleet/contract';
import type { Clock } from '../../ports/clock.ts';
import type { Egress } from '../../ports/egress.ts';
import type { Log } from '../../ports/log.ts';
import type { MessageMedia } from '../../ports/media.ts';
import type { MediaFiles } from '../../ports/media-files.ts';
import type { Store } from '../../ports/store.ts';
import { createAccept } from './accept.ts';
import { mediaAddresses } from './addresses.ts';
import { createDownloads } from './downloads.ts';
import { createIntake } from './intake.ts';
import { createMediaKeeper, type MediaKeeper } from './keeper.ts';
import { createMediaLibrary } from './library.ts';
import type { MediaLibrary } from './library-api.ts';
import { createLinkPreviews } from './link-preview.ts';
import { createMessageMedia } from './message-media.ts';

export type MediaParts = {
  store: Store;
  files: MediaFiles;
  /** For addresses that requests name. */
  egress: Egress;
  clock: Clock;
  newId: NewId;
  log: Log;
  /** Sign addresses; the first is used, all are accepted. */
  secrets: readonly [Uint8Array, ...Uint8Array[]];
  /** In bytes and ms; null: without limit. */
  limits: {
    readonly most: number;
    readonly mostUnasked: number;
    readonly downloadsAtOnce: number;
    readonly maxAgeMs: number | null;
    readonly maxTotal: number | null;
  };
};

export type OpenedMedia = {
  ofMessages: MessageMedia;
  library: MediaLibrary;
  keeper: MediaKeeper;
  /** Gives up what is being fetched; it goes on after the next start. */
  close(): Promise<void>;
};

export function openMedia(parts: MediaParts): OpenedMedia {
  const { store, files, egress, clock, newId, log, limits } = parts;
  const { most, mostUnasked, downloadsAtOnce, maxAgeMs, maxTotal } = limits;
  const intake = createIntake({ files, store, clock, newId });
  const accept = createAccept({ store, intake, egress, clock, newId, most });
  const downloads = createDownloads({ store, intake, clock, log, atOnce: downloadsAtOnce, most });
  const previews = createLinkPreviews({ egress, intake, log });
  const addresses = mediaAddresses(parts.secrets);
  const shared = { store, files, intake, downloads, clock, newId };
  return {
    ofMessages: createMessageMedia({ ...shared, accept, previews, mostUnasked }),
    library: createMediaLibrary({ ...shared, addresses, log, most }),
    keeper: createMediaKeeper({ store, files, clock, log, maxAgeMs, maxBytes: maxTotal }),
    close: () => downloads.close(),
  };
}
