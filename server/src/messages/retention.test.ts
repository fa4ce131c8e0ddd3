import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLog } from '../sessions/scripted.fixture.ts';
import { DAY_MS, type Messages, openMessages } from './messages.fixture.ts';
import { createRetention } from './retention.ts';

let on: Messages;
beforeEach(async () => {
  on = await openMessages();
});
afterEach(() => on.close());

const retention = (maxAgeMs: number | null) =>
  createRetention({ store: on.opened.store, clock: on.clock, log: silentLog, maxAgeMs });
const ids = async () =>
  (await on.opened.store.messages.list({ sessionId: on.session.id, limit: 999 })).map(({ waId }) => waId);
const never = new AbortController().signal;

it('removes all that is past its age, and only that', async () => {
  for (let count = 0; count < 130; count += 1) await on.receive(on.received(`OLD${count}`));
  on.clock.advance(DAY_MS);
  await on.receive(on.received('NEW'));
  await retention(2 * DAY_MS).apply(never);
  expect(await ids()).toHaveLength(131);
  on.clock.advance(DAY_MS + 1);
  expect(await retention(null).apply(never)).toBe(false);
  expect(await ids()).toHaveLength(131);
  expect(await retention(2 * DAY_MS).apply(never)).toBe(true);
  expect(await ids()).toEqual(['NEW']);
});

it('stops when the server does', async () => {
  await on.receive(on.received('OLD'));
  on.clock.advance(2 * DAY_MS);
  await retention(DAY_MS).apply(AbortSignal.abort());
  expect(await ids()).toEqual(['OLD']);
});
