/** The selected cells of a grid: a rectangle between two corners, moved by keys. */
import type { CellPlace } from './cells.ts';

export interface Range {
  readonly anchor: CellPlace;
  readonly focus: CellPlace;
}

export const boundsOf = ({ anchor, focus }: Range): { top: number; bottom: number; left: number; right: number } => ({
  top: Math.min(anchor.row, focus.row),
  bottom: Math.max(anchor.row, focus.row),
  left: Math.min(anchor.column, focus.column),
  right: Math.max(anchor.column, focus.column),
});

export const inRange = (range: Range, row: number, column: number): boolean => {
  const { top, bottom, left, right } = boundsOf(range);
  return row >= top && row <= bottom && column >= left && column <= right;
};

interface Key {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
}
interface Extent {
  readonly rows: number;
  readonly columns: number;
  readonly pageRows: number;
}

const clamp = (value: number, count: number): number => Math.max(0, Math.min(value, count - 1));

/** Where the focus goes with a key; null when the key does not move it. With Ctrl or ⌘ the arrows go to the ends. */
export const movedBy = (
  { key, ctrlKey, metaKey }: Key,
  { row, column }: CellPlace,
  extent: Extent,
): CellPlace | null => {
  const far = ctrlKey || metaKey;
  const to = (nextRow: number, nextColumn: number): CellPlace => ({
    row: clamp(nextRow, extent.rows),
    column: clamp(nextColumn, extent.columns),
  });
  const rowStep = far ? extent.rows : 1;
  const columnStep = far ? extent.columns : 1;
  switch (key) {
    case 'ArrowDown':
      return to(row + rowStep, column);
    case 'ArrowUp':
      return to(row - rowStep, column);
    case 'ArrowRight':
      return to(row, column + columnStep);
    case 'ArrowLeft':
      return to(row, column - columnStep);
    case 'PageDown':
      return to(row + extent.pageRows, column);
    case 'PageUp':
      return to(row - extent.pageRows, column);
    case 'Home':
      return to(far ? 0 : row, 0);
    case 'End':
      return to(far ? extent.rows : row, extent.columns);
    default:
      return null;
  }
};
