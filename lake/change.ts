/** From a `Change` to the actions of its commit: what is allowed, what follows from it. Pure. */
import type { Actions, Add, CommitInfo, Metadata, Remove } from './actions.ts';
import { LakeError } from './errors.ts';
import { checkPartitioning } from './partition.ts';
import { checkWritable, protocolFor } from './protocol.ts';
import { columnsToSchema, evolveSchema, schemaToColumns } from './schema.ts';
import type { DeltaStruct } from './schema.ts';
import type { TableState } from './state.ts';
import type { Change, DataFile, JsonValue } from './types.ts';

export interface ChangeContext {
  table: string;
  /** The state at `change.readVersion`; `undefined` when the table is created. */
  state: TableState | undefined;
  timestampMs: number;
  /** For a new table. */
  id: string;
  defaultProperties: Record<string, string>;
}

export function changeActions(context: ChangeContext, change: Change): Actions {
  const { table, state, timestampMs } = context;
  const schema = schemaAfter(context, change);
  const metadata = metadataAfter(context, change, schema);
  const protocol = protocolFor(schema, state?.protocol);
  checkWritable(table, protocol, schema);
  checkPartitioning(table, schemaToColumns(schema), metadata.partitionColumns);
  const removed = change.overwrite ? (state?.files ?? []) : (change.remove ?? []);
  checkRemoves(table, state, removed, change.dataChange ?? true);
  checkAdds(table, metadata, change.add ?? []);
  const dataChange = change.dataChange ?? true;
  return {
    commitInfo: commitInfo(context, change, removed),
    ...(protocol !== state?.protocol && { protocol }),
    ...(metadata !== state?.metadata && { metaData: metadata }),
    txn: [...(change.transactions ?? [])].map(([appId, version]) => ({ appId, version, lastUpdated: timestampMs })),
    remove: removed.map((file) => toRemove(file, timestampMs, dataChange)),
    add: (change.add ?? []).map((file) => toAdd(file, dataChange)),
  };
}

function schemaAfter({ table, state }: ChangeContext, change: Change): DeltaStruct {
  if (change.columns) {
    const wanted = columnsToSchema(change.columns);
    return state && !change.overwrite ? evolveSchema(table, state.schema, wanted) : wanted;
  }
  if (state) return state.schema;
  throw new LakeError(
    'LAKE_NO_COLUMNS',
    `${table} cannot be created without columns.`,
    'Give the columns in the first commit.',
  );
}

/** The old metadata itself when nothing of it changes. */
function metadataAfter(context: ChangeContext, change: Change, schema: DeltaStruct): Metadata {
  const old = context.state?.metadata;
  const partitionColumns = partitioningAfter(context, change);
  const configuration = { ...(old ? old.configuration : context.defaultProperties), ...change.properties };
  const schemaString = schema === context.state?.schema ? old!.schemaString : JSON.stringify(schema);
  const same =
    old &&
    schemaString === old.schemaString &&
    JSON.stringify(partitionColumns) === JSON.stringify(old.partitionColumns) &&
    JSON.stringify(configuration) === JSON.stringify(old.configuration);
  if (same) return old;
  return {
    id: old?.id ?? context.id,
    format: { provider: 'parquet', options: {} },
    schemaString,
    partitionColumns,
    configuration,
    createdTime: old?.createdTime ?? context.timestampMs,
  };
}

function partitioningAfter({ table, state }: ChangeContext, change: Change): string[] {
  if (!state) return change.partitionBy ?? [];
  const old = state.metadata.partitionColumns;
  const wanted = change.partitionBy ?? old;
  if (change.overwrite || JSON.stringify(wanted) === JSON.stringify(old)) return wanted;
  throw new LakeError(
    'LAKE_PARTITION_CHANGE',
    `${table} is partitioned by (${old.join(', ')}) and cannot become partitioned by (${wanted.join(', ')}).`,
    'Rebuild the table with a full refresh.',
  );
}

function checkRemoves(
  table: string,
  state: TableState | undefined,
  removed: readonly DataFile[],
  dataChange: boolean,
): void {
  if (removed.length === 0) return;
  const present = new Set(state?.files.map(({ path }) => path));
  const stranger = removed.find(({ path }) => !present.has(path));
  if (stranger) {
    throw new LakeError(
      'LAKE_REMOVE_UNKNOWN',
      `The file ${stranger.path} cannot be removed from ${table}: it is not in version ${state?.version ?? -1}.`,
      'Compute the change from the snapshot whose version it names as readVersion.',
    );
  }
  if (dataChange && state?.metadata.configuration['delta.appendOnly'] === 'true') {
    throw new LakeError(
      'LAKE_APPEND_ONLY',
      `Rows of ${table} cannot be changed or removed: the table is append-only.`,
      'Set its property delta.appendOnly to false first.',
    );
  }
}

function checkAdds(table: string, metadata: Metadata, added: readonly DataFile[]): void {
  const wanted = metadata.partitionColumns.toSorted().join('\0');
  const misplaced = added.find((file) => Object.keys(file.partitionValues).toSorted().join('\0') !== wanted);
  if (misplaced) {
    throw new LakeError(
      'LAKE_PARTITION_MISMATCH',
      `The file ${misplaced.path} was not written with the partitioning of ${table}.`,
      'Write it with the partitionBy of the snapshot.',
    );
  }
}

const toAdd = (file: DataFile, dataChange: boolean): Add => ({
  path: file.path,
  partitionValues: file.partitionValues,
  size: file.sizeBytes,
  modificationTime: file.modifiedMs,
  dataChange,
  ...(file.stats !== undefined && { stats: file.stats }),
  ...(file.tags && { tags: file.tags }),
});

const toRemove = (file: DataFile, timestampMs: number, dataChange: boolean): Remove => ({
  path: file.path,
  deletionTimestamp: timestampMs,
  dataChange,
  extendedFileMetadata: true,
  partitionValues: file.partitionValues,
  size: file.sizeBytes,
});

function commitInfo(context: ChangeContext, change: Change, removed: readonly DataFile[]): CommitInfo {
  const added = change.add ?? [];
  const counters = change.counters ?? context.state?.counters;
  return {
    timestamp: context.timestampMs,
    operation: change.operation,
    operationParameters: parametersText(change),
    ...(context.state && { readVersion: context.state.version }),
    isolationLevel: 'Serializable',
    isBlindAppend: removed.length === 0 && !change.overwrite,
    operationMetrics: {
      numFiles: String(added.length),
      numOutputRows: String(added.reduce((sum, file) => sum + (file.rows ?? 0), 0)),
      numOutputBytes: String(added.reduce((sum, file) => sum + file.sizeBytes, 0)),
      numRemovedFiles: String(removed.length),
    },
    engineInfo: 'tiffin',
    // Carried on by every commit, so that the newest one always has them.
    ...(counters && { tiffinCounters: counters }),
  };
}

/** Readers of other engines expect text for every parameter. */
function parametersText(change: Change): Record<string, JsonValue> {
  const parameters = { ...(change.overwrite && { mode: 'Overwrite' }), ...change.operationParameters };
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}
