import { expect, test } from 'vitest';
import type { Sample } from '../../engine/contract/index.ts';
import { appendSample, meanRates, mergeSamples } from './samples.ts';

const sample = (atMs: number, rate = 0): Sample => ({
  atMs,
  topics: { 'order.placed': rate },
  tables: { 'bronze.orders': { rowsPerSecond: 2 * rate } },
  freshnessMs: null,
  processes: {},
});
const times = (samples: readonly Sample[]): number[] => samples.map(({ atMs }) => atMs);

test('the ring keeps the newest, each moment once', () => {
  let samples: readonly Sample[] = [];
  for (const atMs of [1, 2, 2, 1, 3, 4]) samples = appendSample(samples, sample(atMs), 3);
  expect(times(samples)).toEqual([2, 3, 4]);
});

test('history and what came meanwhile are joined without doubles', () => {
  expect(times(mergeSamples([sample(1), sample(2)], [sample(2), sample(3)], 10))).toEqual([1, 2, 3]);
  expect(times(mergeSamples([sample(1), sample(2)], [sample(3)], 2))).toEqual([2, 3]);
});

test('a rate is the mean of the last ten seconds, so that batches do not make it jump', () => {
  const samples = Array.from({ length: 20 }, (_, second) => sample(second, second % 2 === 0 ? 100 : 0));
  expect(meanRates(samples)).toEqual({ 'order.placed': 50, 'bronze.orders': 100 });
});
