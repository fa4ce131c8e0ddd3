/** What of the sandbox is whose: a phone belongs to the tenant that made it, and so does a group or a newsletter. */
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

/** The path of a group or a newsletter; one of another tenant is as unknown as one that is not there. */
export async function sharedPath(
  control: SandboxControl,
  kind: 'group' | 'newsletter',
  id: string,
  caller: Caller,
): Promise<string> {
  const path = `/sandbox/${kind}s/${encodeURIComponent(id)}`;
  const unknown = new GatewayError('sandbox_refused', `There is no such ${kind} here.`, {
    reason: `${kind}_not_found`,
  });
  if (!/\d/.test(id)) throw unknown;
  if (caller.tenantId === null) return path;
  const { owner } = await control.call('GET', path, Owned);
  if (owner !== caller.tenantId) throw unknown;
  return path;
}

/** Throws `phone_not_found` when one of them belongs to another tenant. */
export async function mustOwnPhones(control: SandboxControl, phones: readonly string[], caller: Caller): Promise<void> {
  if (caller.tenantId === null) return;
  for (const phone of new Set(phones)) await phonePath(control, phone, caller);
}

/** Narrows a list of phones, groups or newsletters to those of the caller's tenant. */
export function ownerQuery({ tenantId }: { tenantId: TenantId | null }): string {
  return tenantId === null ? '' : `?owner=${encodeURIComponent(tenantId)}`;
}
