/** Copies the selected cells as tab-separated text, with the column names if there is more than one cell. */
import { notifications } from '@mantine/notifications';
import type { QueryState } from '../../engine/contract/index.ts';
import { api } from '../api/client.ts';
import { plural } from '../format/numbers.ts';
import { cellCopy } from './cells.ts';
import type { PageCache, Row } from './page-cache.ts';
import { boundsOf, type Range } from './selection.ts';

const cellsMax = 500_000;
const pageRowsMax = 5000;

/** Rows that are not here are fetched, as many at a time as the engine gives. */
const rowsOf = async (state: QueryState, cache: PageCache, top: number, bottom: number): Promise<Row[]> => {
  const here = Array.from({ length: bottom - top + 1 }, (_, index) => cache.row(top + index));
  if (here.every((row) => row !== undefined)) return here;
  const rows: Row[] = [];
  for (let offset = top; offset <= bottom; offset += pageRowsMax) {
    const limit = Math.min(pageRowsMax, bottom + 1 - offset);
    rows.push(...(await api.query.page.query({ queryId: state.queryId, offset, limit })).rows);
  }
  return rows;
};

export const copySelection = async (state: QueryState, cache: PageCache, range: Range): Promise<void> => {
  const { top, bottom, left, right } = boundsOf(range);
  const cells = (bottom - top + 1) * (right - left + 1);
  if (cells > cellsMax)
    throw new Error(`${cells.toLocaleString('en-US')} cells are too many to copy; use Export instead.`);
  const rows = await rowsOf(state, cache, top, bottom);
  const lines = rows.map((row) =>
    row
      .slice(left, right + 1)
      .map(cellCopy)
      .join('\t'),
  );
  const names = state.columns.slice(left, right + 1).map((column) => cellCopy(column.name));
  const single = cells === 1;
  const value = rows[0]?.[left];
  await navigator.clipboard.writeText(single ? String(value ?? '') : [names.join('\t'), ...lines].join('\n'));
  notifications.show({ message: `${plural(cells, 'cell')} copied`, color: 'gray', autoClose: 1500 });
};
