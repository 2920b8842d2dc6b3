/**
 * What the lake room offers to others: tables in the Delta Lake format, read as snapshots and changed by atomic commits.
 * Semantics: https://github.com/delta-io/delta/blob/master/PROTOCOL.md
 */

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/** A DuckDB connection as a port. `rows` gives 64-bit integers, decimals, dates and times as strings (DuckDB's JSON form). */
export interface Sql {
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<Record<string, JsonValue>[]>;
}

export interface Column {
  name: string;
  /** A DuckDB type, such as `BIGINT`, `DECIMAL(18,2)` or `STRUCT(a INTEGER, b VARCHAR[])`. */
  type: string;
  /** Default true. */
  nullable?: boolean;
  comment?: string;
}

/** Statistics of one file as Delta keeps them; nested columns nest, absent values are unknown. Numbers that a double cannot hold are text. */
export interface FileStats {
  numRecords: number;
  minValues: Record<string, JsonValue>;
  maxValues: Record<string, JsonValue>;
  nullCount: Record<string, JsonValue>;
}

export interface DataFile {
  /** Relative to the table's location, as in the log: URL-encoded, with forward slashes. */
  path: string;
  /** Column to value in Delta's text form; null is NULL. */
  partitionValues: Record<string, string | null>;
  sizeBytes: number;
  modifiedMs: number;
  /** Absent when a foreign writer kept no statistics. */
  rows?: number;
  /** As in the log, a JSON text; `fileStats(file)` reads it. */
  stats?: string;
  /** The writer's own notes on the file. */
  tags?: Record<string, string>;
}

export interface Snapshot {
  version: number;
  timestampMs: number;
  columns: Column[];
  partitionBy: string[];
  files: readonly DataFile[];
  /** Sum over the files that have statistics. */
  rows: number;
  bytes: number;
  /** `txn` actions: the application's id to its version. */
  transactions: ReadonlyMap<string, number>;
  properties: Record<string, string>;
  /** Cumulative flow counters of the newest commit that has them. */
  counters?: Record<string, number>;
}

export interface Change {
  /** The version that this change was computed from; -1 creates the table. */
  readVersion: number;
  operation: string;
  /** New schema: the old columns, in order, and after them new nullable ones. Anything else is refused (except with `overwrite`). */
  columns?: Column[];
  /** Only when the table is created or overwritten. */
  partitionBy?: string[];
  /** Merged into the table's properties. */
  properties?: Record<string, string>;
  add?: DataFile[];
  remove?: DataFile[];
  transactions?: ReadonlyMap<string, number>;
  /** False when rows are only moved (compaction). Default true. */
  dataChange?: boolean;
  counters?: Record<string, number>;
  /** Replace all rows (and, with `columns`, the schema). */
  overwrite?: boolean;
  /** Told in the history. */
  operationParameters?: Record<string, JsonValue>;
}

/** `conflict`: another commit took that version first; nothing was written. `version` is the newest one now known. */
export type CommitResult = { kind: 'committed'; version: number } | { kind: 'conflict'; version: number };

export type Changes = { kind: 'appended'; files: DataFile[] } | { kind: 'rewritten'; version: number };

export interface MergeSpec {
  /** Columns that identify a row, in the order by which the table is kept clustered. */
  keys: string[];
  /** A column of source and target: among equal keys the greatest wins, and a source row older than the target's is ignored. */
  sequence?: string;
  /** SQL condition over the source's columns: a matching row deletes its key instead of writing it. */
  deleteWhen?: string;
  /** Output files are split at about this many rows. Default 20,000. */
  fileRowsMax?: number;
}

export interface MergeCounts {
  inserted: number;
  updated: number;
  deleted: number;
  /** Source rows that changed nothing: older than the target's, superseded in the same source, or deletes of absent keys. */
  ignored: number;
}

export interface MergeResult {
  add: DataFile[];
  remove: DataFile[];
  counts: MergeCounts;
}

export interface OptimizeOptions {
  /** Files below this are candidates. Default 32 MiB. */
  smallBytesMax?: number;
  /** A compacted file's aim. Default 128 MiB. */
  targetBytes?: number;
  /** Fewest small files of a partition that are worth a rewrite. Default 4. */
  filesMin?: number;
}

export type OptimizeResult =
  | { kind: 'committed'; version: number; filesRemoved: number; filesAdded: number; bytes: number }
  | { kind: 'nothing' }
  | { kind: 'conflict'; version: number };

export interface VacuumOptions {
  /** Files unreferenced for longer than this are deleted. Below one hour is refused unless `force`. Default 7 days. */
  retentionMs?: number;
  dryRun?: boolean;
  force?: boolean;
}

export interface VacuumResult {
  files: string[];
  bytes: number;
}

export interface HistoryEntry {
  version: number;
  timestampMs: number;
  operation: string;
  operationParameters: Record<string, JsonValue>;
  filesAdded: number;
  filesRemoved: number;
  rowsAdded: number;
  counters?: Record<string, number>;
}

export interface WriteShape {
  columns: Column[];
  partitionBy: string[];
}

export interface Table {
  /** `schema.table` */
  name: string;
  /** The table's folder, an absolute path. */
  location: string;
  /** `undefined`: not created yet. Cached: costs one listing and the new commits only. */
  snapshot(at?: { version: number } | { timestampMs: number }): Promise<Snapshot | undefined>;
  /** Runs COPY of `select` into new Parquet files; nothing is visible before `commit`. `select` must give exactly the shape's columns. */
  write(select: string, shape: WriteShape): Promise<DataFile[]>;
  /** One atomic commit. */
  commit(change: Change): Promise<CommitResult>;
  /** Data files added by commits in (from, to]; `rewritten` (with the first such version) when rows were removed or changed in that range. */
  changes(from: number, to: number): Promise<Changes>;
  /** Upsert and delete by copy-on-write. `source`: a SELECT with at least the target's columns. Commit the result to make it visible. */
  merge(snapshot: Snapshot, source: string, merge: MergeSpec): Promise<MergeResult>;
  optimize(options?: OptimizeOptions): Promise<OptimizeResult>;
  vacuum(options?: VacuumOptions): Promise<VacuumResult>;
  /** Newest first. */
  history(limit?: number): Promise<HistoryEntry[]>;
}

export interface Lake {
  /** `schema.table`; the table need not exist. The same name gives the same object. */
  table(name: string): Table;
  /** Names of the tables that exist, sorted. */
  list(): Promise<string[]>;
}
