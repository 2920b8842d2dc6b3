/** Where a flow's next batch comes from: Kafka, or the files that another table got since. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { scanSql } from '../../lake/index.ts';
import { TopicReader, type PartitionLag, type ReaderOptions } from '../kafka/reader.ts';
import { quoteText } from '../plan/tree.ts';
import { writeStaging } from '../staging/parquet.ts';
import { ProducedTimes } from './freshness.ts';
import type { ProducedLog, TableHandle } from './table-handle.ts';

export interface Batch {
  /** SQL that can stand after FROM: the source's rows. */
  readonly relation: string;
  readonly rows: number;
  /** The flow's progress once the batch is committed, as `txn` actions. */
  readonly transactions: ReadonlyMap<string, number>;
  readonly produced: ProducedTimes;
  release(): Promise<void>;
}

export interface BatchSource {
  /** Go on from what the table's transactions say; with `pending`, first repeat exactly the batch that ends there. */
  recover(transactions: ReadonlyMap<string, number>, pending?: ReadonlyMap<string, number>): void;
  /** Undefined: there is nothing new. */
  next(): Promise<Batch | undefined>;
  /** Is more waiting than the last batch took? */
  readonly hasBacklog: boolean;
}

/** `<flow>/<topic>/<partition>` for Kafka, `<flow>/<schema.table>` for a table. */
export const appId = (flow: string, source: string): string => `${flow}/${source}`;

/** Transaction of a table that was started over: the version from which on its rows are. */
export const startId = '#start';

export class KafkaBatchSource implements BatchSource {
  readonly reader: TopicReader;
  private readonly flow: string;
  private readonly tmpDir: string;
  private filling: Promise<void> | undefined;
  private count = 0;

  constructor(flow: string, tmpDir: string, options: ReaderOptions) {
    this.flow = flow;
    this.tmpDir = tmpDir;
    this.reader = new TopicReader(options, new Map());
  }

  get hasBacklog(): boolean {
    return this.reader.hasBacklog;
  }

  lag(): PartitionLag[] {
    return this.reader.lag();
  }

  /** Next offset that no batch has taken, by `topic/partition`. */
  positions(): ReadonlyMap<string, number> {
    return new Map(this.lag().map(({ topic, partition, next }) => [`${topic}/${partition}`, next]));
  }

  recover(transactions: ReadonlyMap<string, number>, pending?: ReadonlyMap<string, number>): void {
    this.reader.reset(this.partitions(transactions), pending && this.partitions(pending));
  }

  async next(): Promise<Batch | undefined> {
    const filling = this.filling ?? this.reader.fill();
    this.filling = undefined;
    await filling;
    const { rows, ranges, produced, release } = this.reader.take();
    if (rows.rows === 0) return undefined;
    this.count += 1;
    const path = join(this.tmpDir, `${this.flow}-${this.count % 2}.parquet`);
    await writeStaging(path, rows.chunks);
    const count = rows.rows;
    release();
    if (this.reader.hasBacklog) this.prefetch();
    const transactions = new Map([...ranges].map(([id, { to }]) => [appId(this.flow, id), to]));
    const remove = (): Promise<void> => rm(path, { force: true });
    return { relation: `read_parquet(${quoteText(path)})`, rows: count, transactions, produced, release: remove };
  }

  /** Reads on while DuckDB works on the batch before. Whoever asks for the next batch learns of a failure. */
  private prefetch(): void {
    const filling = this.reader.fill();
    filling.catch(() => undefined);
    this.filling = filling;
  }

  /** Waits for a read under way, so that nothing touches the reader meanwhile. */
  async settle(): Promise<void> {
    await Promise.allSettled([this.filling]);
    this.filling = undefined;
  }

  private partitions(transactions: ReadonlyMap<string, number>): Map<string, number> {
    const prefix = appId(this.flow, '');
    const own = [...transactions].filter(([id]) => id.startsWith(prefix));
    return new Map(own.map(([id, offset]) => [id.slice(prefix.length), offset]));
  }
}

export class TableBatchSource implements BatchSource {
  private readonly flow: string;
  private readonly source: TableHandle;
  private readonly rowsMax: number;
  private readonly produced: ProducedLog;
  private until: number | undefined;
  /** Version of the source up to which everything is taken. */
  taken = -1;

  constructor(flow: string, source: TableHandle, rowsMax: number) {
    this.flow = flow;
    this.source = source;
    this.rowsMax = rowsMax;
    this.produced = source.subscribe();
  }

  get hasBacklog(): boolean {
    return this.taken < this.source.version;
  }

  recover(transactions: ReadonlyMap<string, number>, pending?: ReadonlyMap<string, number>): void {
    const id = appId(this.flow, this.source.name);
    const progress = transactions.get(id) ?? -1;
    this.taken = progress >= 0 ? progress : (this.source.transactions.get(startId) ?? -1);
    this.until = pending?.get(id);
  }

  async next(): Promise<Batch | undefined> {
    const from = this.taken;
    let to = this.until ?? this.source.version;
    if (to <= from) return undefined;
    let files = await this.source.filesBetween(from, to);
    while (this.until === undefined && to > from + 1 && rowsOf(files) > this.rowsMax) {
      to = from + Math.ceil((to - from) / 2);
      files = await this.source.filesBetween(from, to);
    }
    this.taken = to;
    const produced = this.produced.take(to);
    if (files.length === 0) return undefined;
    const { columns, partitionBy } = this.source.shape;
    const relation = scanSql(this.source.table, files, [...columns], [...partitionBy]);
    const transactions = new Map([[appId(this.flow, this.source.name), to]]);
    return { relation, rows: rowsOf(files), transactions, produced, release: async () => undefined };
  }
}

const rowsOf = (files: readonly { rows?: number }[]): number =>
  files.reduce((total, { rows }) => total + (rows ?? 0), 0);
