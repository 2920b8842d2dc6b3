/**
 * Replay: what a table is, from a checkpoint's actions and the commits after it. Pure; every state is immutable and shares with its predecessor.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#action-reconciliation
 */
import type { Actions, Add, Metadata, Protocol, Remove } from './actions.ts';
import { LakeError } from './errors.ts';
import { checkReadable } from './protocol.ts';
import { schemaToColumns } from './schema.ts';
import type { DeltaStruct } from './schema.ts';
import type { Column, DataFile, Snapshot } from './types.ts';

export interface TableState {
  version: number;
  timestampMs: number;
  protocol: Protocol;
  metadata: Metadata;
  schema: DeltaStruct;
  columns: Column[];
  files: readonly DataFile[];
  tombstones: readonly Remove[];
  transactions: ReadonlyMap<string, number>;
  counters?: Record<string, number>;
}

export interface Commit {
  version: number;
  timestampMs: number;
  actions: Actions;
}

/** `commits` ascending and gapless after `base`. The newest action of a path wins, so they are read backwards. */
export function replay(table: string, base: TableState | undefined, commits: readonly Commit[]): TableState {
  const last = commits.at(-1);
  if (!last) {
    if (base) return base;
    throw noMetadata(table);
  }
  const { added, removed, touched } = reconcile(commits);
  return {
    version: last.version,
    timestampMs: last.timestampMs,
    ...definition(table, base, commits),
    files: untouched(base?.files ?? [], touched).concat(added),
    tombstones: untouched(base?.tombstones ?? [], touched).concat(removed),
    transactions: transactionsAfter(base?.transactions ?? new Map(), commits),
    ...countersAfter(base, commits),
  };
}

const untouched = <T extends { path: string }>(entries: readonly T[], touched: ReadonlySet<string>): T[] =>
  entries.filter(({ path }) => !touched.has(path));

function reconcile(commits: readonly Commit[]): { added: DataFile[]; removed: Remove[]; touched: Set<string> } {
  const touched = new Set<string>();
  const added: DataFile[][] = [];
  const removed: Remove[][] = [];
  const first = (path: string) => !touched.has(path) && Boolean(touched.add(path));
  for (const { actions } of commits.toReversed()) {
    added.push(actions.add.filter(({ path }) => first(path)).map(toDataFile));
    removed.push(actions.remove.filter(({ path }) => first(path)));
  }
  return { added: added.toReversed().flat(), removed: removed.toReversed().flat(), touched };
}

export function toDataFile(add: Add): DataFile {
  const rows = add.stats === undefined || add.stats === null ? undefined : rowsOf(add.stats);
  return {
    path: add.path,
    partitionValues: add.partitionValues ?? {},
    sizeBytes: add.size,
    modifiedMs: add.modificationTime,
    ...(rows !== undefined && { rows }),
    ...(typeof add.stats === 'string' && { stats: add.stats }),
    ...(add.tags && { tags: add.tags }),
  };
}

function rowsOf(stats: string): number | undefined {
  const { numRecords } = JSON.parse(stats) as { numRecords?: number };
  return numRecords;
}

type Definition = Pick<TableState, 'protocol' | 'metadata' | 'schema' | 'columns'>;

function definition(table: string, base: TableState | undefined, commits: readonly Commit[]): Definition {
  const protocol = commits.findLast(({ actions }) => actions.protocol)?.actions.protocol ?? base?.protocol;
  const metadata = commits.findLast(({ actions }) => actions.metaData)?.actions.metaData ?? base?.metadata;
  if (!protocol || !metadata) throw noMetadata(table);
  if (base && protocol === base.protocol && metadata === base.metadata) {
    return { protocol, metadata, schema: base.schema, columns: base.columns };
  }
  checkReadable(table, protocol, metadata);
  const schema = JSON.parse(metadata.schemaString) as DeltaStruct;
  return { protocol, metadata, schema, columns: schemaToColumns(schema) };
}

function transactionsAfter(
  before: ReadonlyMap<string, number>,
  commits: readonly Commit[],
): ReadonlyMap<string, number> {
  const txns = commits.flatMap(({ actions }) => actions.txn);
  if (txns.length === 0) return before;
  const after = new Map(before);
  for (const { appId, version } of txns) after.set(appId, version);
  return after;
}

function countersAfter(base: TableState | undefined, commits: readonly Commit[]): Pick<TableState, 'counters'> {
  const carrier = commits.findLast(({ actions }) => actions.commitInfo?.tiffinCounters);
  const counters = carrier?.actions.commitInfo?.tiffinCounters ?? base?.counters;
  return counters ? { counters } : {};
}

export function snapshotOf(state: TableState): Snapshot {
  return {
    version: state.version,
    timestampMs: state.timestampMs,
    columns: state.columns,
    partitionBy: state.metadata.partitionColumns,
    files: state.files,
    rows: state.files.reduce((sum, file) => sum + (file.rows ?? 0), 0),
    bytes: state.files.reduce((sum, file) => sum + file.sizeBytes, 0),
    transactions: state.transactions,
    properties: state.metadata.configuration,
    ...(state.counters && { counters: state.counters }),
  };
}

const noMetadata = (table: string): LakeError =>
  new LakeError(
    'LAKE_LOG_DAMAGED',
    `The log of ${table} has no protocol or no schema.`,
    'Restore the _delta_log folder from a copy, or delete the table and refresh it in full.',
  );
