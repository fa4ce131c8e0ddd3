import { expect, it } from 'vitest';
import { GatewayError } from '../domain/gateway-error.ts';
import type { Caller } from '../ports/caller.ts';
import { createCallers } from './callers.ts';

it('holds to who came with the key of the environment, also by the copy that a request has of him', async () => {
  const masterKey = 'm'.repeat(64);
  // Nothing but the key is asked for this caller.
  const callers = createCallers({ masterKey } as Parameters<typeof createCallers>[0]);
  const caller = await callers.find(masterKey);
  if (caller === null) throw new Error('the key is not known');
  expect(await callers.holds(caller)).toBe(true);
  expect(await callers.holds({ ...caller })).toBe(true);
});

it('turns nobody out because the database is away', async () => {
  const get = () => Promise.reject(new GatewayError('database_unavailable'));
  const store = { accounts: { keys: { get } } };
  const callers = createCallers({ masterKey: 'm'.repeat(64), store } as unknown as Parameters<typeof createCallers>[0]);
  const actor = { kind: 'key', id: 'key_a', name: 'shop' } as const;
  const caller: Caller = { role: 'viewer', tenantId: null, sessions: null, actor, login: null };
  await expect(callers.holds(caller)).rejects.toMatchObject({ code: 'database_unavailable' });
});
