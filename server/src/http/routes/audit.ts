import { Readable } from 'node:stream';
import { type AuditEntry, operations } from '@zapfleet/contract';
import type { AuditRecord } from '../../domain/account.ts';
import { isoTime } from '../../domain/resources.ts';
import type { AuditFilter } from '../../ports/accounts.ts';
import type { Store } from '../../ports/store.ts';
import { preferredType } from '../accept.ts';
import { answer, route, type Router, written } from '../route.ts';
import { scopeOf } from '../session-access.ts';

/** An export is read and written in steps, so that nobody holds the whole log in memory but the one who asked for it. */
const STEP = 1000;

export function auditRoutes(router: Router, { store }: { store: Store }): void {
  route(router, operations.listAudit, async ({ query, caller, request }) => {
    const filter = {
      tenantId: await scopeOf(store, caller, query.tenantId),
      ...(query.action !== undefined && { action: query.action }),
      ...(query.from !== undefined && { from: Date.parse(query.from) }),
      ...(query.to !== undefined && { to: Date.parse(query.to) }),
    };
    if (preferredType(request.headers.accept, ['application/json', 'application/jsonl']) === 'application/jsonl') {
      return written(200, 'application/jsonl', Readable.from(linesOf(store, filter)));
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

async function* linesOf(store: Store, filter: Omit<AuditFilter, 'limit'>): AsyncGenerator<string> {
  for (let before: AuditRecord['id'] | undefined; ; ) {
    const step = await store.accounts.audit({ ...filter, ...(before !== undefined && { before }), limit: STEP });
    if (step.length > 0) yield step.map((record) => `${JSON.stringify(entryOf(record))}\n`).join('');
    if (step.length < STEP) return;
    before = step.at(-1)?.id;
  }
}

const entryOf = (record: AuditRecord): AuditEntry => ({ ...record, at: isoTime(record.at) });
