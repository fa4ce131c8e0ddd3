/** Who may call what: the rule of an operation against what a caller has. */
import type { IncomingHttpHeaders } from 'node:http';
import { type Operation, type Role, roles } from '@zapfleet/contract';
import { GatewayError } from '../domain/gateway-error.ts';
import type { Caller, FindCaller } from '../ports/caller.ts';

export function mayCall(role: Role, least: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(least);
}

/** The key of a request: `X-Api-Key`, or `Authorization: Bearer`. */
export function keyIn(headers: IncomingHttpHeaders): string | null {
  const key = headers['x-api-key'];
  if (typeof key === 'string' && key !== '') return key;
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1] ?? null;
}

/** The rule of an operation: the least role, and whether a key that reaches some sessions only may call it. */
export type Rule = { role: Role; limitedKeys: boolean };

/** What is about one session is checked where the session is found; other operations say for themselves that they look. */
export function ruleOf({ access, path, limitedKeys }: Operation): Rule | null {
  if (access === 'public') return null;
  return { role: access, limitedKeys: limitedKeys ?? path.startsWith('/sessions/:id') };
}

/** Answers at once where the keys are known at once, so that most requests wait for nothing. */
export function admit(headers: IncomingHttpHeaders, rule: Rule, find: FindCaller): Caller | Promise<Caller> {
  const key = keyIn(headers);
  if (key === null) throw new GatewayError('unauthorized', 'A key is needed: X-Api-Key, or Authorization: Bearer.');
  const found = find(key);
  return found instanceof Promise ? found.then((caller) => admitted(caller, rule)) : admitted(found, rule);
}

function admitted(caller: Caller | null, { role: least, limitedKeys }: Rule): Caller {
  if (!caller) throw new GatewayError('unauthorized', 'This key is not known.');
  if (!mayCall(caller.role, least)) {
    throw new GatewayError('forbidden', `This needs a key with the role ${least}; yours has ${caller.role}.`, {
      role: caller.role,
      needed: least,
    });
  }
  if (caller.sessions !== null && !limitedKeys) {
    throw new GatewayError('forbidden', 'This key reaches some sessions only, and this is about more than those.');
  }
  return caller;
}
