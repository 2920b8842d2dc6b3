/** Which cells of a grid are in view, and where. Arithmetic only; the grid draws what it says. */
export const rowHeightPx = 24;
/** Browsers cap the height of an element (Firefox at about 17.9 million px); above ours the scroll bar is scaled. */
export const scrollHeightMaxPx = 15_000_000;
const overscanRows = 8;

export interface RowWindow {
  readonly first: number;
  /** The last row in view, inclusive; below `first` when there is none. */
  readonly last: number;
  /** Top of row `first`, in the coordinates of the scrolled content. */
  readonly top: number;
  /** Height of the scrolled content. */
  readonly height: number;
}

export const rowWindow = (rows: number, scrollTop: number, viewportPx: number): RowWindow => {
  const real = rows * rowHeightPx;
  const height = Math.min(real, scrollHeightMaxPx);
  const travel = Math.max(1, height - viewportPx);
  const realTop = height === real ? scrollTop : (Math.min(scrollTop, travel) / travel) * (real - viewportPx);
  const first = Math.max(0, Math.floor(realTop / rowHeightPx) - overscanRows);
  const last = Math.min(rows - 1, Math.ceil((realTop + viewportPx) / rowHeightPx) + overscanRows);
  return { first, last, top: scrollTop + first * rowHeightPx - realTop, height };
};

/** The scroll position that shows a row, nearest to the present one. */
export const scrollTopFor = (row: number, rows: number, scrollTop: number, viewportPx: number): number => {
  const real = rows * rowHeightPx;
  const height = Math.min(real, scrollHeightMaxPx);
  const scale = height === real ? 1 : (real - viewportPx) / Math.max(1, height - viewportPx);
  const realTop = scrollTop * scale;
  const top = row * rowHeightPx;
  const bottom = top + rowHeightPx - viewportPx;
  const wanted = top < realTop ? top : bottom > realTop ? bottom : realTop;
  return Math.max(0, wanted / scale);
};

export interface ColumnWindow {
  readonly first: number;
  readonly last: number;
  /** Left edges of all columns, and at the end the total width. */
  readonly edges: readonly number[];
}

export const columnEdges = (widths: readonly number[]): number[] => {
  const edges = [0];
  for (const width of widths) edges.push(edges.at(-1)! + width);
  return edges;
};

/** First index whose edge lies beyond `x`, minus one: the column at `x`. */
const columnAt = (edges: readonly number[], x: number): number => {
  let low = 0;
  let high = edges.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (edges[middle]! <= x) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
};

export const columnWindow = (edges: readonly number[], scrollLeft: number, viewportPx: number): ColumnWindow => {
  const count = edges.length - 1;
  const first = Math.max(0, columnAt(edges, scrollLeft) - 1);
  const last = Math.min(count - 1, columnAt(edges, scrollLeft + viewportPx) + 1);
  return { first, last, edges };
};
