/** Folders that engines keep per pairing, named `<session id>.<generation>`, and what a delete renamed to be removed later. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SessionId } from '@zapfleet/contract';
import type { Store } from '../ports/store.ts';
import type { OrphanKind } from './reconciler.ts';

/** The last part is that of one that waits for its removal. */
const OURS = /^(ses_[0-9A-Z]{26})\.(\d+)(\.trash(?:\.[0-9a-f]+)?)?$/;

/** `folder` need not exist. What does not bear such a name is not ours and not told of. */
export function folderOrphans(store: Store, folder: string): OrphanKind {
  return {
    kind: 'folder',
    async find() {
      const names = await readdir(folder).catch(() => []);
      const orphans = [];
      for (const name of names) {
        const [, id, generation, trash] = OURS.exec(name) ?? [];
        if (id === undefined) continue;
        const sessionId = id as SessionId;
        const session = await store.sessions.get(sessionId);
        const number = Number(generation);
        const wanted = session && (session.generation === number || session.archived.includes(number));
        if (wanted && trash === undefined) continue;
        orphans.push({
          what: name,
          sessionId,
          tenantId: session?.tenantId ?? null,
          remove: () => rm(join(folder, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
        });
      }
      return orphans;
    },
  };
}
