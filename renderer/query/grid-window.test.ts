import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { columnEdges, columnWindow, rowHeightPx, rowWindow, scrollHeightMaxPx, scrollTopFor } from './grid-window.ts';

describe('rows in view', () => {
  test('at the top, in the middle and at the end of 100,000 rows', () => {
    expect(rowWindow(100_000, 0, 480)).toMatchObject({ first: 0, last: 28, top: 0, height: 2_400_000 });
    expect(rowWindow(100_000, 1_200_000, 480)).toMatchObject({ first: 49_992, last: 50_028 });
    expect(rowWindow(100_000, 2_400_000 - 480, 480)).toMatchObject({ last: 99_999 });
  });

  test('of none there are none', () => {
    const { first, last } = rowWindow(0, 0, 480);
    expect(last).toBeLessThan(first);
  });

  test('beyond what a browser can be tall, the first and the last row are still reached', () => {
    const rows = 5_000_000;
    expect(rowWindow(rows, 0, 480)).toMatchObject({ first: 0, height: scrollHeightMaxPx });
    const end = rowWindow(rows, scrollHeightMaxPx - 480, 480);
    expect(end.last).toBe(rows - 1);
    expect(Math.round(end.top + (rows - end.first) * rowHeightPx)).toBe(scrollHeightMaxPx);
  });

  test('a row that is scrolled to is in view', () => {
    const rows = fc.integer({ min: 1, max: 3_000_000 });
    fc.assert(
      fc.property(
        rows,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (count, at, from) => {
          const row = Math.floor(at * (count - 1));
          const height = Math.min(count * rowHeightPx, scrollHeightMaxPx);
          const top = scrollTopFor(row, count, from * Math.max(0, height - 480), 480);
          const { first, last } = rowWindow(count, top, 480);
          expect(first <= row && row <= last).toBe(true);
        },
      ),
    );
  });
});

describe('columns in view', () => {
  const edges = columnEdges([100, 50, 200, 80, 80]);
  test('those that the viewport touches, and one more on each side', () => {
    expect(edges).toEqual([0, 100, 150, 350, 430, 510]);
    expect(columnWindow(edges, 0, 120)).toMatchObject({ first: 0, last: 2 });
    expect(columnWindow(edges, 360, 100)).toMatchObject({ first: 2, last: 4 });
  });
});
