import { expect, test } from 'vitest';
import { boundsOf, inRange, movedBy } from './selection.ts';

const extent = { rows: 100, columns: 5, pageRows: 20 };
const press = (key: string, far = false, from = { row: 10, column: 2 }) =>
  movedBy({ key, ctrlKey: far, metaKey: false }, from, extent);

test('arrows move by one, with Ctrl to the ends, and never leave the grid', () => {
  expect([press('ArrowDown'), press('ArrowLeft'), press('ArrowDown', true), press('ArrowRight', true)]).toEqual([
    { row: 11, column: 2 },
    { row: 10, column: 1 },
    { row: 99, column: 2 },
    { row: 10, column: 4 },
  ]);
  expect(press('ArrowUp', false, { row: 0, column: 0 })).toEqual({ row: 0, column: 0 });
});

test('pages and ends', () => {
  expect([press('PageDown'), press('PageUp'), press('Home'), press('End', true)]).toEqual([
    { row: 30, column: 2 },
    { row: 0, column: 2 },
    { row: 10, column: 0 },
    { row: 99, column: 4 },
  ]);
});

test('other keys are not for the grid', () => expect(press('x')).toBeNull());

test('a range has the same cells whichever corner it began at', () => {
  const range = { anchor: { row: 5, column: 3 }, focus: { row: 2, column: 1 } };
  expect(boundsOf(range)).toEqual({ top: 2, bottom: 5, left: 1, right: 3 });
  expect([inRange(range, 3, 2), inRange(range, 6, 2)]).toEqual([true, false]);
});
