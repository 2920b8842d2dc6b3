import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Freshness, Histogram, ProducedTimes } from './freshness.ts';

const producedAt = (timestampMs: number): ProducedTimes => {
  const produced = new ProducedTimes();
  produced.add(timestampMs);
  return produced;
};

test('a histogram is never below the true quantile and at most 1.6 % above it', () => {
  const values = fc.array(fc.integer({ min: 0, max: 50_000_000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(values, fc.constantFrom(0.01, 0.5, 0.9, 0.99, 1), (list, share) => {
      const histogram = new Histogram();
      for (const value of list) histogram.add(value);
      const exact = list.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(share * list.length)) - 1]!;
      const found = histogram.quantile(share)!;
      expect(found).toBeGreaterThanOrEqual(exact);
      expect(found).toBeLessThanOrEqual(exact * 1.016 + 1);
    }),
  );
});

test('produced times keep every record, to 5 ms, or to a second when a backlog spans hours', () => {
  const near = new ProducedTimes();
  for (let index = 0; index < 1000; index += 1) near.add(1_700_000_000_000 + index);
  const entries = [...near.entries()];
  expect(entries.reduce((sum, [, count]) => sum + count, 0)).toBe(1000);
  expect(entries).toHaveLength(200);

  const far = new ProducedTimes();
  for (let index = 0; index < 10_000; index += 1) far.add(1_700_000_000_000 + index * 777);
  const coarse = [...far.entries()];
  expect(coarse.reduce((sum, [, count]) => sum + count, 0)).toBe(10_000);
  expect(coarse.length).toBeLessThan(9000);
});

test('freshness is told since the start and for the last minute', () => {
  const freshness = new Freshness();
  freshness.record(producedAt(0), 10_000);
  freshness.record(producedAt(99_000), 100_000);
  const { count, p99, lastMinute } = freshness.summary(100_500);
  expect(count).toBe(2);
  expect(p99! / 10_000).toBeCloseTo(1, 1);
  expect(lastMinute.count).toBe(1);
  expect(lastMinute.p50! / 1000).toBeCloseTo(1, 1);
  expect(freshness.summary(200_000).lastMinute).toEqual({ count: 0, p50: null, p99: null });
});
