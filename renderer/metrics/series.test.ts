import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Sample } from '../../engine/contract/index.ts';
import { columnsOf, latestValue, mergeSteps, nearest, stack, stepFor, withGaps } from './series.ts';

const sample = (seconds: number, topics: Record<string, number> = {}): Sample => ({
  atMs: seconds * 1000,
  topics,
  tables: {},
  freshnessMs: null,
  processes: {},
});
const seconds = (samples: readonly { atMs: number }[]): number[] => samples.map(({ atMs }) => atMs / 1000);

test.each([
  [300, 1],
  [900, 2],
  [3600, 10],
  [86_400, 300],
])('%d seconds are drawn in steps of %d s', (range, step) => expect(stepFor(range * 1000)).toBe(step * 1000));

describe('columns', () => {
  test('are aligned: a series that begins later is unknown before', () => {
    const { times, series } = columnsOf([sample(1, { a: 1 }), sample(2, { a: 2, b: 5 })], 1000, ({ topics }) => topics);
    expect(times).toEqual([1, 2]);
    expect(series).toEqual([
      { name: 'a', values: [1, 2] },
      { name: 'b', values: [null, 5] },
    ]);
  });

  test('have an empty moment where samples are missing', () => {
    expect(seconds(withGaps([sample(1), sample(2), sample(9), sample(10)], 1000))).toEqual([1, 2, 3, 9, 10]);
    const { series } = columnsOf([sample(1, { a: 1 }), sample(9, { a: 2 })], 1000, ({ topics }) => topics);
    expect(series[0]?.values).toEqual([1, null, 2]);
  });
});

describe('a stack', () => {
  test('adds each series to those below', () => {
    const stacked = stack([
      { name: 'a', values: [1, 2] },
      { name: 'b', values: [10, null] },
      { name: 'c', values: [100, 100] },
    ]);
    expect(stacked).toEqual([
      [1, 2],
      [11, null],
      [111, 102],
    ]);
  });

  test('is as high as the sum', () => {
    const values = fc.array(fc.nat(1000), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 6 }), (columns) => {
        const top = stack(columns.map((each, index) => ({ name: String(index), values: each }))).at(-1)!;
        expect(top).toEqual([0, 1, 2].map((index) => columns.reduce((sum, each) => sum + each[index]!, 0)));
      }),
    );
  });
});

describe('newer history', () => {
  test('takes the place of the same steps, and what is too old goes', () => {
    const older = [sample(0), sample(9), sample(19), sample(24)];
    expect(seconds(mergeSteps(older, [sample(28), sample(31)], 10_000, 5000))).toEqual([9, 19, 28, 31]);
  });
  test('that is empty changes nothing', () => {
    expect(seconds(mergeSteps([sample(1), sample(2)], [], 1000, 1500))).toEqual([2]);
  });
});

test('the nearest moment to a time', () => {
  expect([
    nearest([], 3),
    nearest([1, 2, 9], 0),
    nearest([1, 2, 9], 5),
    nearest([1, 2, 9], 6),
    nearest([1, 2, 9], 99),
  ]).toEqual([-1, 0, 1, 2, 2]);
});

test('what is too far away is not near', () => {
  expect([nearest([100, 101], 90, 3), nearest([100, 101], 98, 3)]).toEqual([-1, 0]);
});

test('the latest value is the newest known, unless it is long ago', () => {
  expect(latestValue([1, 2, null])).toBe(2);
  expect(latestValue([1, null, null, null, null, null])).toBeNull();
});
