import { expect, it } from 'vitest';
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
