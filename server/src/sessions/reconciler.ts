/**
 * Looks for what belongs to no session any more, tells of it, and removes what carries our own mark. An engine that keeps things elsewhere
 * (profile folders, remote instances) adds a kind of its own.
 */
import type { SessionId, TenantId } from '@zapfleet/contract';
import { defaultTenantId } from '../domain/tenant.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { EventDraft, Store } from '../ports/store.ts';

/** `remove` is absent where it does not carry our mark: then it is only told of. Without a session nobody is told but the log. */
export type Orphan = {
  what: string;
  sessionId: SessionId | null;
  tenantId: TenantId | null;
  remove?: () => Promise<void>;
};

export type OrphanKind = { kind: string; find(): Promise<Orphan[]> };

export type ReconcilerParts = { store: Store; kinds: readonly OrphanKind[]; clock: Clock; log: Log };

/** Answers how many orphans were removed. A kind that cannot be looked at does not keep the others from it. */
export async function reconcile({ store, kinds, clock, log }: ReconcilerParts): Promise<number> {
  let removed = 0;
  for (const { kind, find } of kinds) {
    try {
      for (const orphan of await find()) {
        if (await settle(kind, orphan)) removed += 1;
      }
    } catch (error) {
      log.error({ error, kind }, 'Looking for what belongs to no session failed');
    }
  }
  return removed;

  async function settle(kind: string, { what, sessionId, tenantId, remove }: Orphan): Promise<boolean> {
    const gone = remove ? await succeeds(remove) : false;
    log.warn({ kind, what, removed: gone }, 'Found what belongs to no session');
    if (sessionId === null) return gone;
    const found: EventDraft = {
      type: 'orphan.found',
      tenantId: tenantId ?? defaultTenantId,
      session: { id: sessionId, name: sessionId },
      occurredAt: clock.now(),
      data: { kind, what, removed: gone },
    };
    await store.commit([{ kind: 'announce', events: [found] }]);
    return gone;
  }

  async function succeeds(remove: () => Promise<void>): Promise<boolean> {
    try {
      await remove();
      return true;
    } catch (error) {
      log.warn({ error }, 'What belongs to no session could not be removed; it is tried again later');
      return false;
    }
  }
}

/** Credentials of sessions that are gone, and of generations that are over and were not put aside. */
export function credentialOrphans(store: Store): OrphanKind {
  return {
    kind: 'credentials',
    async find() {
      const owners = await store.credentialOwners();
      return owners
        .filter(
          ({ owner, session }) =>
            !session || (owner.generation !== session.generation && !session.archived.includes(owner.generation)),
        )
        .map(({ owner, session }) => ({
          what: `${owner.sessionId} generation ${owner.generation}`,
          sessionId: owner.sessionId,
          tenantId: session?.tenantId ?? null,
          remove: async () => {
            await store.commit([{ kind: 'credentials.wipe', owner }]);
          },
        }));
    },
  };
}
