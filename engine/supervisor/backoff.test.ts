import { expect, test } from 'vitest';
import { Backoff } from './backoff.ts';

test('delays double up to the longest, and begin anew after a time of health', () => {
  const backoff = new Backoff({ firstMs: 100, maxMs: 1_000, healthyMs: 5_000 });
  expect([0, 0, 0, 0, 0].map((healthyForMs) => backoff.next(healthyForMs))).toEqual([100, 200, 400, 800, 1_000]);
  expect(backoff.next(4_999)).toBe(1_000);
  expect(backoff.next(5_000)).toBe(100);
});
