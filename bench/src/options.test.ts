import { expect, test } from 'vitest';
import { measureNames, readOptions } from './options.ts';
import { planOf } from './plan.ts';

test('without options everything is measured, each measure at its own sizes, on one growing fleet', () => {
  const options = readOptions([]);
  expect(options).toEqual({ measures: measureNames, sessions: null, quick: false, alone: false, profile: null });
  const messages = ['inbound', 'inbound_webhook', 'outbound', 'group_inbound', 'group_outbound'];
  expect(planOf(options).steps).toEqual([
    { size: 1, measures: ['idle', ...messages] },
    { size: 50, measures: ['idle', 'list'] },
    { size: 300, measures: ['pairing', 'restore', 'idle', ...messages, 'steady', 'steady_webhook'] },
    { size: 1000, measures: ['restore', 'idle'] },
  ]);
});

test('measures and sizes can be chosen; sizes come in ascending order and once', () => {
  const options = readOptions(['--only', 'outbound, inbound', '--sessions', '300,1,300', '--quick']);
  expect(options.quick).toBe(true);
  expect(planOf(options).steps).toEqual([
    { size: 1, measures: ['inbound', 'outbound'] },
    { size: 300, measures: ['inbound', 'outbound'] },
  ]);
});

test('the start alone needs no fleet', () => {
  expect(planOf(readOptions(['--only', 'start'])).steps).toEqual([]);
});

test.each([
  [['--only', 'inbound,latency'], 'There is no measure "latency"'],
  [['--sessions', '0'], '"0" is not a number of sessions'],
  [['--sessions', 'many'], '"many" is not a number of sessions'],
  [['--session', '1'], "Unknown option '--session'"],
])('%j is refused with a reason', (args, reason) => {
  expect(() => readOptions(args)).toThrow(reason);
});
