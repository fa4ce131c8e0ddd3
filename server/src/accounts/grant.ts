import type { Role } from '@zapfleet/contract';
import { mayGrant } from '../domain/account.ts';
import { GatewayError } from '../domain/gateway-error.ts';
import type { Caller } from '../ports/caller.ts';

/** Nobody changes one who stands above him, or makes one who does. Throws `forbidden`. */
export function requireGrant(caller: Caller, ...wanted: Role[]): void {
  for (const role of wanted) {
    if (!mayGrant(caller, role)) throw new GatewayError('forbidden', `Your role does not reach to ${role}.`, { role });
  }
}
