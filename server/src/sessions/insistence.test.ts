import { expect, it } from 'vitest';
import { systemClock as clock } from '../clock.ts';
import { GatewayError } from '../domain/gateway-error.ts';
import type { Store } from '../ports/store.ts';
import { silentLog as log } from '../store/surroundings.fixture.ts';
import { Insistence } from './insistence.ts';

/** A store that is away until it is told to come back. */
function awayStore() {
  const back = Promise.withResolvers<undefined>();
  const state = { isAway: true, stored: [] as number[] };
  const store = { ready: () => (state.isAway ? back.promise : Promise.resolve()) } as unknown as Store;
  const commit = (number: number) => () => {
    if (state.isAway) return Promise.reject(new GatewayError('database_unavailable'));
    state.stored.push(number);
    return Promise.resolve();
  };
  const comeBack = (): void => {
    state.isAway = false;
    back.resolve(undefined);
  };
  return { store, state, commit, comeBack };
}

it('what a database could not take is stored in its order when it is back, however long that took', async () => {
  const { store, state, commit, comeBack } = awayStore();
  const insistence = new Insistence({ store, clock, log, signal: new AbortController().signal });
  const first = [1, 2, 3].map((number) => insistence.inOrder(commit(number), 1));
  await Promise.resolve();
  comeBack();
  // It finds the database there, and waits for its turn all the same.
  const last = insistence.inOrder(commit(4), 1);
  await Promise.all([...first, last]);
  expect(state.stored).toEqual([1, 2, 3, 4]);
});

it('a fault of its own is given up after so many tries, and holds nothing back', async () => {
  const { store, state, commit, comeBack } = awayStore();
  comeBack();
  const insistence = new Insistence({ store, clock, log, signal: new AbortController().signal });
  let tries = 0;
  const broken = insistence.inOrder(() => {
    tries += 1;
    return Promise.reject(new Error('no such column'));
  }, 1);
  await insistence.inOrder(commit(1), 1);
  expect(state.stored).toEqual([1]);
  await broken;
  expect(tries).toBe(2); // the first one, and the one that counts
});

it('ends with the signal', async () => {
  const { store, state, commit } = awayStore();
  const ended = new AbortController();
  Object.assign(store, { ready: () => Promise.reject(new Error('aborted')) });
  const insistence = new Insistence({ store, clock, log, signal: ended.signal });
  const waiting = insistence.untilStored(commit(1));
  ended.abort();
  await waiting;
  expect(state.stored).toEqual([]);
});
