import { describe, expect, test } from 'vitest';
import type { QueryColumn } from '../../engine/contract/index.ts';
import { chartData, defaultChoice, toSeconds } from './chart-data.ts';

const column = (name: string, type: string): QueryColumn => ({ name, type });
const byCity = [column('city', 'VARCHAR'), column('orders', 'BIGINT'), column('avg_minutes', 'DOUBLE')];
const byTime = [
  column('order_id', 'BIGINT'),
  column('window_start', 'TIMESTAMP WITH TIME ZONE'),
  column('orders', 'BIGINT'),
];

describe('the first choice', () => {
  test('is bars of the numbers by text', () =>
    expect(defaultChoice(byCity)).toEqual({ x: 0, ys: [1, 2], kind: 'bar' }));
  test('is a line over time, without the keys', () =>
    expect(defaultChoice(byTime)).toEqual({ x: 1, ys: [2], kind: 'line' }));
  test('of one number alone is that number by row', () => {
    expect(defaultChoice([column('n', 'INTEGER')])).toEqual({ x: -1, ys: [0], kind: 'line' });
  });
  test('of no number there is none', () => expect(defaultChoice([column('city', 'VARCHAR')])).toBeNull());
});

describe('the values', () => {
  test('by text keep the order of the result', () => {
    const data = chartData(
      [
        ['GOA', '12', 24.5],
        [null, '7', null],
      ],
      byCity,
      { x: 0, ys: [1, 2], kind: 'bar' },
    );
    expect(data).toEqual({
      xs: [0, 1],
      ys: [
        [12, 7],
        [24.5, null],
      ],
      labels: ['GOA', 'NULL'],
      time: false,
    });
  });

  test('by time are in its order, without rows that have none', () => {
    const rows = [
      ['1', '2026-03-03 12:10:00+00', '5'],
      ['2', null, '6'],
      ['3', '2026-03-03 12:05:00+00', '7'],
    ];
    const data = chartData(rows, byTime, { x: 1, ys: [2], kind: 'line' });
    expect(data.ys).toEqual([[7, 5]]);
    expect(data.xs[1]! - data.xs[0]!).toBe(300);
  });
});

test.each([
  ['2026-03-03 12:00:00+00', 1772539200],
  ['2026-03-03 12:00:00.5+05:30', 1772519400.5],
  ['2026-03-03 12:00:00', 1772539200],
  ['2026-03-03', 1772496000],
  ['soon', null],
  [null, null],
])('DuckDB’s %s is %s seconds', (text, seconds) => expect(toSeconds(text)).toBe(seconds));
