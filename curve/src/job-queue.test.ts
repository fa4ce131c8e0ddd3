import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, test } from 'vitest';
import { queueJob } from './job-queue.ts';

const deferred = () => Promise.withResolvers<undefined>();

test('jobs of one bucket run one after another, also after a failure', async () => {
  const order: string[] = [];
  const gate = deferred();
  const first = queueJob('a', async () => {
    await gate.promise;
    order.push('first');
    throw new Error('no');
  });
  const second = queueJob('a', () => Promise.resolve(order.push('second')));
  const elsewhere = queueJob('b', () => Promise.resolve(order.push('elsewhere')));
  await elsewhere;
  gate.resolve(undefined);
  await expect(first).rejects.toThrow('no');
  await second;
  expect(order).toEqual(['elsewhere', 'first', 'second']);
});

test('a waiting job runs in the async context of its own caller', async () => {
  const context = new AsyncLocalStorage<string>();
  const gate = deferred();
  const seen: (string | undefined)[] = [];
  const look = async () => {
    await gate.promise;
    seen.push(context.getStore());
  };
  const jobs = ['one', 'two', 'three'].map((name) => context.run(name, () => queueJob('a', look)));
  gate.resolve(undefined);
  await Promise.all(jobs);
  expect(seen).toEqual(['one', 'two', 'three']);
});
