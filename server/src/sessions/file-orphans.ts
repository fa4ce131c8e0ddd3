/** Files of messages that no row means: a crash left them, or a backup brought them back. */
import type { Clock } from '../ports/clock.ts';
import type { KeptFiles } from '../ports/media.ts';
import type { OrphanKind } from './reconciler.ts';

/** There may be millions: they are not gone through at every look. */
const LOOK_EVERY_MS = 6 * 3_600_000;

export function fileOrphans(files: KeptFiles, clock: Clock): OrphanKind {
  let nextLookAt = 0;
  return {
    kind: 'file',
    async find() {
      if (clock.now() < nextLookAt) return [];
      nextLookAt = clock.now() + LOOK_EVERY_MS;
      const strays = await files.strays();
      return strays.map((id) => ({ what: id, sessionId: null, tenantId: null, remove: () => files.removeStray(id) }));
    },
  };
}
