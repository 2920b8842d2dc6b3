import { expect, test } from 'vitest';
import { sparkPath } from './spark.ts';

test('a sparkline starts at zero and ends at the right edge', () => {
  expect(sparkPath([0, 5, 10], 20, 10)).toEqual({
    line: 'M0.0 9.3L10.0 5.0L20.0 0.8',
    area: 'M0.0 9.3L10.0 5.0L20.0 0.8L20.0 10L0.0 10Z',
  });
});

test('an unknown second leaves a gap instead of a zero', () => {
  expect(sparkPath([1, 1, undefined, 1, 1], 40, 10)?.line.match(/M/g)).toHaveLength(2);
});

test('one value is no line, and zeros are a flat one', () => {
  expect(sparkPath([3], 20, 10)).toBeUndefined();
  expect(sparkPath([0, 0], 20, 10)?.line).toBe('M0.0 9.3L20.0 9.3');
});
