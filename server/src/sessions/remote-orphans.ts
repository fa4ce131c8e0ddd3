/** Instances on other servers that belong to no session, or to a link that is over. Those of others are told of once, and left alone. */
import type { SessionId } from '@zapfleet/contract';
import type { Engine } from '../ports/engine.ts';
import type { Store } from '../ports/store.ts';
import type { Orphan, OrphanKind } from './reconciler.ts';

export function remoteOrphans(store: Store, engines: readonly Engine[]): OrphanKind {
  const foreign = new Set<string>();
  return {
    kind: 'remote_instance',
    async find() {
      const orphans: Orphan[] = [];
      for (const { name: engine, remote } of engines) {
        for (const { name: what, owner, remove } of (await remote?.list()) ?? []) {
          if (!owner) {
            if (!foreign.has(what)) orphans.push({ what, sessionId: null, tenantId: null });
            foreign.add(what);
            continue;
          }
          const sessionId = owner.sessionId as SessionId;
          const session = await store.sessions.get(sessionId);
          // While a session is being deleted, its own teardown does this.
          const isWanted = session?.engine === engine && session.generation === owner.generation;
          if (!isWanted) orphans.push({ what, sessionId, tenantId: session?.tenantId ?? null, remove });
        }
      }
      return orphans;
    },
  };
}
