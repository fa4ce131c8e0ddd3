import { expect, test } from 'vitest';
import { median, percentile } from './statistics.ts';

test('the median is the middle, or lies between the two in the middle, in whatever order they came', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 100, 2])).toBe(3);
  expect(median([7])).toBe(7);
});

test('a percentile is a value that was measured', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(percentile(values, 0.5)).toBe(50);
  expect(percentile(values, 0.99)).toBe(99);
  expect(percentile(values, 1)).toBe(100);
  expect(percentile([3], 0)).toBe(3);
});

test('nothing has no middle', () => {
  expect(() => median([])).toThrow('the median of nothing');
  expect(() => percentile([], 0.5)).toThrow('a percentile of nothing');
});
