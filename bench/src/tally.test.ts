import { expect, test } from 'vitest';
import { Tally } from './tally.ts';

test('a claim is met by what happens after it, and by what happened before and nobody claimed', async () => {
  const tally = new Tally();
  tally.add();
  tally.add();
  let met = false;
  const claim = tally.claim(3).then(() => (met = true));
  await Promise.resolve();
  expect(met).toBe(false);
  tally.add();
  tally.add();
  await claim;
  await tally.claim(1);
});

test('two claims at a time are a mistake', () => {
  const tally = new Tally();
  void tally.claim(1);
  expect(() => tally.claim(1)).toThrow('there is a claim already');
});
