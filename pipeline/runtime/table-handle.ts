/**
 * A table as its only writer sees it: the newest version is known without looking, and what each version added, so that the
 * next flow need not read the log. Other writers are noticed as conflicts and taken in.
 */
import type { Change, Column, DataFile, Snapshot, Table } from '../../lake/index.ts';
import { PipelineError } from '../problems.ts';
import { ProducedTimes } from './freshness.ts';

export interface TableShape {
  readonly columns: readonly Column[];
  readonly partitionBy: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
}

/** `repeated`: the lake has this batch already; nothing was written. */
export type HandleCommit = { readonly kind: 'committed'; readonly version: number } | { readonly kind: 'repeated' };

export type HandleChange = Omit<Change, 'readVersion'>;

const recentMax = 512;

/** Produced times of versions that a reader of the table has not read yet. */
export class ProducedLog {
  private entries: { version: number; produced: ProducedTimes }[] = [];

  push(version: number, produced: ProducedTimes): void {
    const last = this.entries.at(-1);
    if (last !== undefined && this.entries.length >= recentMax) last.produced.merge(produced);
    else this.entries.push({ version, produced: copyOf(produced) });
  }

  take(upTo: number): ProducedTimes {
    const taken = new ProducedTimes();
    for (const { version, produced } of this.entries) if (version <= upTo) taken.merge(produced);
    this.entries = this.entries.filter(({ version }) => version > upTo);
    return taken;
  }
}

const copyOf = (produced: ProducedTimes): ProducedTimes => {
  const copy = new ProducedTimes();
  copy.merge(produced);
  return copy;
};

export class TableHandle {
  readonly name: string;
  readonly table: Table;
  readonly shape: TableShape;
  version = -1;
  /** The newest version that changed rows: compaction does not count. */
  dataVersion = -1;
  transactions: ReadonlyMap<string, number> = new Map();
  counters: Readonly<Record<string, number>> = {};
  rows = 0;
  bytes = 0;
  fileCount = 0;
  committedAtMs: number | undefined;
  /** Files added since the last compaction. */
  filesSinceOptimize = 0;
  private readonly recent = new Map<number, readonly DataFile[]>();
  private readonly readers: ProducedLog[] = [];

  constructor(table: Table, shape: TableShape) {
    this.name = table.name;
    this.table = table;
    this.shape = shape;
  }

  subscribe(): ProducedLog {
    const log = new ProducedLog();
    this.readers.push(log);
    return log;
  }

  /** Reads the newest state; creates the table when it is not there. */
  async open(): Promise<Snapshot> {
    let snapshot = await this.table.snapshot();
    while (snapshot === undefined) {
      const { columns, partitionBy, properties } = this.shape;
      const creation = { columns: [...columns], partitionBy: [...partitionBy], properties: { ...properties } };
      await this.table.commit({ readVersion: -1, operation: 'CREATE TABLE', ...creation });
      snapshot = await this.table.snapshot();
    }
    this.adopt(snapshot);
    return snapshot;
  }

  /** Appends or replaces; tries again on top of foreign commits, unless they hold this very batch. */
  async commit(change: HandleChange, produced: ProducedTimes, nowMs: number): Promise<HandleCommit> {
    for (;;) {
      const result = await this.table.commit({ readVersion: this.version, ...change });
      if (result.kind === 'committed') {
        this.apply(result.version, change, produced, nowMs);
        return result;
      }
      await this.open();
      if (this.holds(change.transactions ?? new Map())) return { kind: 'repeated' };
      // A merge was computed from files that may be gone; its flow starts over.
      if ((change.remove?.length ?? 0) > 0) return { kind: 'repeated' };
    }
  }

  /** Files added by the versions in (from, to]. */
  async filesBetween(from: number, to: number): Promise<DataFile[]> {
    const files: DataFile[] = [];
    for (let version = from + 1; version <= to; version += 1) {
      const known = this.recent.get(version);
      if (known === undefined) return await this.filesFromLog(from, to);
      files.push(...known);
    }
    return files;
  }

  /** The table's small files were rewritten: a new version with the same rows. */
  compacted({
    version,
    filesAdded,
    filesRemoved,
  }: {
    version: number;
    filesAdded: number;
    filesRemoved: number;
  }): void {
    this.version = version;
    this.recent.set(version, []);
    this.fileCount += filesAdded - filesRemoved;
    this.filesSinceOptimize = 0;
  }

  private async filesFromLog(from: number, to: number): Promise<DataFile[]> {
    const changes = await this.table.changes(from, to);
    if (changes.kind === 'appended') return changes.files;
    throw new PipelineError({
      code: 'SOURCE_REWRITTEN',
      message: `Rows of ${this.name} were changed or removed in version ${changes.version}, and a STREAM takes only what is added.`,
      hint: `Start what reads it over: tiffin pipeline refresh ${this.name} --full`,
    });
  }

  private holds(transactions: ReadonlyMap<string, number>): boolean {
    if (transactions.size === 0) return false;
    return [...transactions].every(([appId, version]) => (this.transactions.get(appId) ?? -1) >= version);
  }

  private adopt(snapshot: Snapshot): void {
    if (snapshot.version !== this.version) this.dataVersion = snapshot.version;
    this.version = snapshot.version;
    this.transactions = snapshot.transactions;
    this.counters = snapshot.counters ?? {};
    this.rows = snapshot.rows;
    this.bytes = snapshot.bytes;
    this.fileCount = snapshot.files.length;
    this.committedAtMs = snapshot.timestampMs;
    this.filesSinceOptimize = Math.max(this.filesSinceOptimize, snapshot.files.length);
  }

  private apply(version: number, change: HandleChange, produced: ProducedTimes, nowMs: number): void {
    const added = change.add ?? [];
    const removed = change.remove ?? [];
    this.version = version;
    const changesRows = added.length > 0 || removed.length > 0 || change.overwrite === true;
    if (changesRows) this.dataVersion = version;
    this.committedAtMs = nowMs;
    if (change.transactions !== undefined) this.transactions = new Map([...this.transactions, ...change.transactions]);
    if (change.counters !== undefined) this.counters = change.counters;
    if (change.overwrite === true) [this.rows, this.bytes, this.fileCount] = [0, 0, 0];
    this.rows += sum(added, ({ rows }) => rows ?? 0) - sum(removed, ({ rows }) => rows ?? 0);
    this.bytes += sum(added, ({ sizeBytes }) => sizeBytes) - sum(removed, ({ sizeBytes }) => sizeBytes);
    this.fileCount += added.length - removed.length;
    this.filesSinceOptimize += added.length;
    const isAppend = removed.length === 0 && change.overwrite !== true;
    if (isAppend) this.recent.set(version, added);
    this.recent.delete(version - recentMax);
    if (changesRows && !produced.isEmpty) for (const reader of this.readers) reader.push(version, produced);
  }
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);
