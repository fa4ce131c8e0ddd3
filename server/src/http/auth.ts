/** Who calls. A key says which role the caller has, and in which tenant. */
import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type Role, roles, type TenantId } from '@zapfleet/contract';
import { GatewayError } from '../domain/gateway-error.ts';

export type Caller = {
  readonly role: Role;
  /** null: the whole installation. */
  readonly tenantId: TenantId | null;
};

/** Knows the keys; null for one that is not known. */
export type FindCaller = (key: string) => Caller | null | Promise<Caller | null>;

const master: Caller = { role: 'master', tenantId: null };

/** Knows the one key of the configuration. */
export function masterKeyCaller(masterKey: string): FindCaller {
  const expected = hash('sha256', masterKey, 'buffer');
  // Digests have one length, so the time of the comparison tells nothing of the key.
  return (key) => (timingSafeEqual(hash('sha256', key, 'buffer'), expected) ? master : null);
}

export function mayCall(role: Role, least: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(least);
}

/** The key of a request: `X-Api-Key`, or `Authorization: Bearer`. */
export function keyIn(headers: IncomingHttpHeaders): string | null {
  const key = headers['x-api-key'];
  if (typeof key === 'string' && key !== '') return key;
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1] ?? null;
}

/** Answers at once where the keys are known at once, so that most requests wait for nothing. */
export function admit(headers: IncomingHttpHeaders, least: Role, find: FindCaller): Caller | Promise<Caller> {
  const key = keyIn(headers);
  if (key === null) throw new GatewayError('unauthorized', 'A key is needed: X-Api-Key, or Authorization: Bearer.');
  const found = find(key);
  return found instanceof Promise ? found.then((caller) => admitted(caller, least)) : admitted(found, least);
}

function admitted(caller: Caller | null, least: Role): Caller {
  if (!caller) throw new GatewayError('unauthorized', 'This key is not known.');
  if (!mayCall(caller.role, least)) {
    throw new GatewayError('forbidden', `This needs a key with the role ${least}; yours has ${caller.role}.`, {
      role: caller.role,
      needed: least,
    });
  }
  return caller;
}
