/** Whose phones and groups of the sandbox are whose: a phone belongs to the tenant that made it, and so does a group. */
import { z } from 'zod';
import type { TenantId } from '@zapfleet/contract';
import { GatewayError } from '../domain/gateway-error.ts';
import type { Caller } from '../ports/caller.ts';
import type { SandboxControl } from './sandbox-control.ts';

const Owned = z.object({ owner: z.string().nullish() });

/** The path of a phone; throws `phone_not_found` when it belongs to another tenant. */
export async function phonePath(control: SandboxControl, phone: string, caller: Caller): Promise<string> {
  // Neither a number, a JID nor a LID is without digits, but "." and ".." are, and would be another path.
  if (!/\d/.test(phone)) throw new GatewayError('phone_not_found');
  const path = `/sandbox/phones/${encodeURIComponent(phone)}`;
  if (caller.tenantId === null) return path;
  const { owner } = await control.call('GET', path, Owned);
  if (owner !== caller.tenantId) throw new GatewayError('phone_not_found');
  return path;
}

/** The path of a group; one of another tenant is as unknown as one that is not there. */
export async function groupPath(control: SandboxControl, id: string, caller: Caller): Promise<string> {
  const path = `/sandbox/groups/${encodeURIComponent(id)}`;
  const unknown = new GatewayError('sandbox_refused', 'There is no such group here.', { reason: 'group_not_found' });
  if (!/\d/.test(id)) throw unknown;
  if (caller.tenantId === null) return path;
  const { owner } = await control.call('GET', path, Owned);
  if (owner !== caller.tenantId) throw unknown;
  return path;
}

/** Narrows a list of phones or groups to those of the caller's tenant. */
export function ownerQuery({ tenantId }: { tenantId: TenantId | null }): string {
  return tenantId === null ? '' : `?owner=${encodeURIComponent(tenantId)}`;
}
