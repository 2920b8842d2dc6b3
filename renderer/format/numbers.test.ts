import { describe, expect, test } from 'vitest';
import { absent, bytes, compact, count, duration, elapsed, percent, plural, rate } from './numbers.ts';

describe('figures', () => {
  test('an unknown figure is a dash, and zero is zero', () => {
    expect([count(undefined), rate(null), bytes(Number.NaN), duration(undefined), percent(null)]).toEqual(
      Array.from({ length: 5 }, () => absent),
    );
    expect([count(0), rate(0), bytes(0), duration(0), percent(0)]).toEqual(['0', '0', '0 B', '0 ms', '0.0 %']);
  });

  test.each([
    [9_999_999, '9,999,999'],
    [12_431_202, '12.43 M'],
    [431_431_202, '431.4 M'],
    [7_012_431_202, '7.01 B'],
  ])('%d rows are written %s', (value, text) => expect(compact(value)).toBe(text));

  test.each([
    [0.01, '<0.1'],
    [0.4, '0.4'],
    [9.94, '9.9'],
    [9.96, '10'],
    [1004.4, '1,004'],
    [1_200_000, '1.20 M'],
  ])('a rate of %d is written %s', (value, text) => expect(rate(value)).toBe(text));

  test.each([
    [999, '999 B'],
    [999.6, '1.00 kB'],
    [1_420, '1.42 kB'],
    [14_200_000, '14.2 MB'],
    [142_400_000, '142 MB'],
    [1_424_000_000, '1.42 GB'],
  ])('%d bytes are written %s', (value, text) => expect(bytes(value)).toBe(text));

  test.each([
    [84.4, '84 ms'],
    [999.6, '1.00 s'],
    [2_410, '2.41 s'],
    [24_100, '24.1 s'],
    [59_960, '1 min 00 s'],
    [192_000, '3 min 12 s'],
    [7_260_000, '2 h 01 min'],
  ])('%d ms are written %s', (value, text) => expect(duration(value)).toBe(text));

  test('an ongoing time ticks in tenths, then in seconds', () => {
    expect([elapsed(-3), elapsed(420), elapsed(12_340), elapsed(125_900)]).toEqual([
      '0.0 s',
      '0.4 s',
      '12.3 s',
      '2:05 min',
    ]);
  });

  test('one row is singular', () => {
    expect([plural(1, 'row'), plural(0, 'row'), plural(2, 'query', 'queries')]).toEqual([
      '1 row',
      '0 rows',
      '2 queries',
    ]);
  });
});
