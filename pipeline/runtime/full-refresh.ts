/** Starting a table over: its rows go, and its progress with them. */
import { tablesRead } from '../plan/graph.ts';
import type { Plan } from '../plan/types.ts';
import { startId } from './source.ts';
import type { HandleChange, TableHandle } from './table-handle.ts';

/** The tables and everything that reads them, directly or not: a stream cannot follow a table that starts over. */
export const withReaders = (plan: Plan, names: ReadonlySet<string>): Set<string> => {
  const all = new Set(names);
  // Datasets are sorted, so one pass sees readers after what they read.
  for (const dataset of plan.datasets) if (tablesRead(dataset).some((name) => all.has(name))) all.add(dataset.name);
  return all;
};

/** No rows, no counters, and -1 ("never read") for all progress: Delta's transactions cannot be removed. */
export const resetChange = (handle: TableHandle): HandleChange => ({
  operation: 'FULL REFRESH',
  overwrite: true,
  columns: [...handle.shape.columns],
  partitionBy: [...handle.shape.partitionBy],
  transactions: new Map([
    ...[...handle.transactions.keys()].map((id) => [id, -1] as const),
    [startId, handle.version + 1],
  ]),
  counters: Object.fromEntries(Object.keys(handle.counters).map((name) => [name, 0])),
});
