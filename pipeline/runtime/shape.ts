/** A table as it is stored against the columns that its query gives now, after the pipeline was edited. */
import type { Column, Snapshot } from '../../lake/index.ts';
import type { Dataset } from '../plan/types.ts';
import { PipelineError } from '../problems.ts';
import { ProducedTimes } from './freshness.ts';
import type { TableHandle } from './table-handle.ts';

export const shapeOf = ({ shape }: TableHandle): { columns: Column[]; partitionBy: string[] } => ({
  columns: [...shape.columns],
  partitionBy: [...shape.partitionBy],
});

/** Columns that are new at the end are added, NULL in older rows; any other change needs the table to be made anew. */
export const adaptShape = async (
  handle: TableHandle,
  { columns, partitionBy }: Pick<Snapshot, 'columns' | 'partitionBy'>,
  { name, flow }: Dataset,
  nowMs: number,
): Promise<void> => {
  const { shape } = handle;
  const isPrefix = listing(columns) === listing(shape.columns.slice(0, columns.length));
  if (!isPrefix || partitionBy.join() !== shape.partitionBy.join()) {
    throw new PipelineError({
      code: 'TABLE_CHANGED',
      message: `${name} is stored as (${listing(columns)}), but its query gives (${listing(shape.columns)}).`,
      hint: `Make it anew from its source: tiffin pipeline refresh ${name} --full`,
      file: flow.file,
      line: flow.line,
    });
  }
  if (columns.length < shape.columns.length)
    await handle.commit({ operation: 'ADD COLUMNS', columns: [...shape.columns] }, new ProducedTimes(), nowMs);
};

export const sameColumns = (a: readonly Column[], b: readonly Column[]): boolean => listing(a) === listing(b);

/** Names of fields may be quoted or not: that is no difference. */
const listing = (columns: readonly Column[]): string =>
  columns.map(({ name, type }) => `${name} ${type.replaceAll('"', '')}`).join(', ');
