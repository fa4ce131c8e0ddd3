import { type AuditEntry, operations } from '@zapfleet/contract';
import type { AuditRecord } from '../../domain/account.ts';
import { isoTime } from '../../domain/resources.ts';
import type { AuditFilter } from '../../ports/accounts.ts';
import type { Store } from '../../ports/store.ts';
import { preferredType } from '../accept.ts';
import { answer, route, type Router, written } from '../route.ts';
import { scopeOf } from '../session-access.ts';

/** An export is read in steps, so that nobody holds the whole log in memory but the one who asked for it. */
const STEP = 1000;
const MOST_EXPORTED = 100_000;

export function auditRoutes(router: Router, { store }: { store: Store }): void {
  route(router, operations.listAudit, async ({ query, caller, request }) => {
    const filter = {
      tenantId: await scopeOf(store, caller, query.tenantId),
      ...(query.action !== undefined && { action: query.action }),
      ...(query.from !== undefined && { from: Date.parse(query.from) }),
      ...(query.to !== undefined && { to: Date.parse(query.to) }),
    };
    if (preferredType(request.headers.accept, ['application/json', 'application/jsonl']) === 'application/jsonl') {
      const lines = (await all(store, filter)).map((record) => `${JSON.stringify(entryOf(record))}\n`);
      return written(200, 'application/jsonl', lines.join(''));
    }
    const records = await store.accounts.audit({
      ...filter,
      ...(query.cursor !== undefined && { before: query.cursor }),
      limit: query.limit + 1,
    });
    const page = records.slice(0, query.limit);
    const nextCursor = records.length > query.limit ? (page.at(-1)?.id ?? null) : null;
    return answer(200, { data: page.map(entryOf), nextCursor });
  });
}

async function all(store: Store, filter: Omit<AuditFilter, 'limit'>): Promise<AuditRecord[]> {
  const found: AuditRecord[] = [];
  while (found.length < MOST_EXPORTED) {
    const before = found.at(-1)?.id;
    const step = await store.accounts.audit({ ...filter, ...(before !== undefined && { before }), limit: STEP });
    found.push(...step);
    if (step.length < STEP) break;
  }
  return found;
}

const entryOf = (record: AuditRecord): AuditEntry => ({ ...record, at: isoTime(record.at) });
