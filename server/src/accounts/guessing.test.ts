import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { GatewayError } from '../domain/gateway-error.ts';
import { createGuessing, type Guessing } from './guessing.ts';

const MINUTE_MS = 60_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const wrong = (): Promise<null> => Promise.resolve(null);
const right = (): Promise<true> => Promise.resolve(true);

/** Seconds to wait; null: he was let in. */
async function waits(guessing: Guessing, address: string, account: string): Promise<number | null> {
  const look = vi.fn(right);
  try {
    await guessing.attempt(address, account, look);
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(GatewayError);
    expect(look).not.toHaveBeenCalled();
    return Number((error as GatewayError).details.retryAfter);
  }
}

test('five failures of an account from one address keep that pair out for 15 minutes from the last one, and no other', async () => {
  const guessing = createGuessing();
  for (let at = 0; at < 5; at += 1) {
    expect(await guessing.attempt('10.0.0.1', 'ana@example.com', wrong)).toBeNull();
    vi.advanceTimersByTime(3 * MINUTE_MS);
  }
  expect(await waits(guessing, '10.0.0.1', 'ANA@example.com')).toBe(12 * 60);
  expect(await waits(guessing, '10.0.0.2', 'ana@example.com')).toBeNull();
  expect(await waits(guessing, '10.0.0.1', 'bia@example.com')).toBeNull();
  vi.advanceTimersByTime(12 * MINUTE_MS - 1000);
  expect(await waits(guessing, '10.0.0.1', 'ana@example.com')).toBe(1);
  vi.advanceTimersByTime(1000);
  expect(await waits(guessing, '10.0.0.1', 'ana@example.com')).toBeNull();
});

test('whoever knows it after four failures may fail again', async () => {
  const guessing = createGuessing();
  for (let round = 0; round < 3; round += 1) {
    for (let at = 0; at < 4; at += 1) await guessing.attempt('10.0.0.1', 'ana@example.com', wrong);
    expect(await waits(guessing, '10.0.0.1', 'ana@example.com')).toBeNull();
  }
});

test('fifty failures of an address keep it out with every account', async () => {
  const guessing = createGuessing();
  for (let at = 0; at < 50; at += 1) await guessing.attempt('10.0.0.1', `nobody${at}@example.com`, wrong);
  expect(await waits(guessing, '10.0.0.1', 'ana@example.com')).toBe(15 * 60);
  expect(await waits(guessing, '10.0.0.2', 'ana@example.com')).toBeNull();
});

test('of a hundred guesses at once five are looked at, and of a hundred right ones all', async () => {
  const guessing = createGuessing();
  const slowly = (found: true | null) => vi.fn(() => Promise.resolve().then(() => found));
  const guess = slowly(null);
  const outcomes = await Promise.allSettled(
    Array.from({ length: 100 }, () => guessing.attempt('10.0.0.1', 'ana@example.com', guess)),
  );
  expect(guess).toHaveBeenCalledTimes(5);
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(95);
  const known = slowly(true);
  const all = Array.from({ length: 100 }, () => guessing.attempt('10.0.0.2', 'ana@example.com', known));
  expect(await Promise.all(all)).toEqual(all.map(() => true));
});

test('a fault while it is looked at is no failure', async () => {
  const guessing = createGuessing();
  const breaks = () => Promise.reject(new Error('the database is away'));
  for (let at = 0; at < 10; at += 1)
    await expect(guessing.attempt('10.0.0.1', 'ana@example.com', breaks)).rejects.toThrow('away');
  expect(await waits(guessing, '10.0.0.1', 'ana@example.com')).toBeNull();
});
