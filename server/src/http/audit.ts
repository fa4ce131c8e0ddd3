/** The log of changes: every operation that changes something and was carried out leaves an entry before its answer leaves. */
import type { NewId, Operation, TenantId } from '@zapfleet/contract';
import type { FastifyRequest } from 'fastify';
import type { AuditRecord } from '../domain/account.ts';
import type { Caller } from '../ports/caller.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';

/** Never rejects: what was done is done, whether or not it could be noted. */
export type NoteChange = (
  request: FastifyRequest,
  operation: Operation,
  status: number,
  body: unknown,
) => Promise<void>;

/** Messages are their own record; the others change nothing that stays. */
export function isAudited({ method, audited }: Operation): boolean {
  return audited ?? method !== 'GET';
}

type Parts = { store: Store; clock: Clock; newId: NewId; log: Log };

export function noteChanges({ store, clock, newId, log }: Parts): NoteChange {
  return async (request, operation, status, body) => {
    if (isDryRun(body)) return;
    const { caller } = request;
    const done = caller ? dealt.get(caller) : undefined;
    const record: AuditRecord = {
      id: newId('aud'),
      at: clock.now(),
      tenantId: caller ? (caller.tenantId ?? done?.tenantId ?? tenantIn(body)) : tenantIn(userIn(body)),
      actor: caller?.actor ?? actorIn(body),
      action: operation.id,
      object: done?.object ?? idIn(request.params) ?? idIn(body),
      address: request.ip,
      outcome: status,
    };
    try {
      await store.commit([{ kind: 'audit.append', record }]);
    } catch (error) {
      log.error({ error, record }, 'A change was made that could not be noted in the audit log');
    }
  };
}

/** What a call dealt with, beside what its path and answer say; a caller is one object per request. */
const dealt = new WeakMap<Caller, { tenantId?: TenantId; object?: string }>();

/** Whose objects a master dealt with. */
export function concerns(caller: Caller, tenantId: TenantId): void {
  dealt.set(caller, { ...dealt.get(caller), tenantId });
}

/** What stands as `object`, where the path names none: `ten_…, stopped, 5 sessions` of a cleanup. */
export function dealsWith(caller: Caller, object: string): void {
  dealt.set(caller, { ...dealt.get(caller), object });
}

/** Of what only looked at what would be. */
const isDryRun = (body: unknown): boolean => (body as { dryRun?: unknown } | null | undefined)?.dryRun === true;

function field(value: unknown, name: string): string | null {
  if (typeof value !== 'object' || value === null) return null;
  const found = (value as Record<string, unknown>)[name];
  return typeof found === 'string' ? found : null;
}

const idIn = (value: unknown): string | null => field(value, 'id') ?? field(value, 'phone');
const tenantIn = (value: unknown): TenantId | null => field(value, 'tenantId') as TenantId | null;

/** Of those who log in by the very call. */
function userIn(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'user' in body ? body.user : null;
}

function actorIn(body: unknown): AuditRecord['actor'] {
  const user = userIn(body);
  const id = field(user, 'id');
  return id === null ? { kind: 'nobody', id: null, name: null } : { kind: 'user', id, name: field(user, 'email') };
}
