/** What append and merge flows share: their stream, and the tables that they look things up in. */
import { scanSql } from '../../lake/index.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { quoteName } from '../plan/tree.ts';
import type { AppendFlow, Dataset, MergeFlow } from '../plan/types.ts';
import { Runner, type RunnerContext } from './runner.ts';
import { appId, KafkaBatchSource, TableBatchSource, type BatchSource } from './source.ts';
import type { TableHandle } from './table-handle.ts';

export interface StreamLimits {
  readonly batchRowsMax: number;
  readonly batchBytesMax: number;
}

export interface StreamContext extends RunnerContext {
  readonly kafka: KafkaClient;
  readonly limits: StreamLimits;
  readonly triggerMs: number;
  /** Is the table on the way to gold, where freshness counts? */
  readonly feedsGold: (table: string) => boolean;
}

/** A flow that no gold table waits for, or that rewrites files, runs at every third trigger only: fewer, larger batches. */
const restTriggers = 3;

export const openSource = (flow: AppendFlow | MergeFlow, dataset: Dataset, context: StreamContext): BatchSource => {
  const { batchRowsMax, batchBytesMax } = context.limits;
  if (flow.stream.kind === 'table')
    return new TableBatchSource(flow.name, context.handle(flow.stream.table), batchRowsMax);
  const { topics, startingOffsets, maxOffsetsPerTrigger } = flow.stream.kafka;
  return new KafkaBatchSource(flow.name, context.tmpDir, {
    client: context.kafka,
    table: dataset.name,
    patterns: topics,
    startingOffsets,
    rowsMax: Math.min(batchRowsMax, maxOffsetsPerTrigger ?? batchRowsMax),
    bytesMax: batchBytesMax,
    log: context.log,
  });
};

export abstract class StreamingRunner<Flow extends AppendFlow | MergeFlow> extends Runner {
  readonly source: BatchSource;
  protected readonly flow: Flow;
  private readonly restMs: number;

  constructor(dataset: Dataset, flow: Flow, context: StreamContext) {
    super(dataset, context);
    this.flow = flow;
    const isRelaxed = flow.kind === 'merge' || !context.feedsGold(dataset.name);
    this.restMs = isRelaxed ? context.triggerMs * restTriggers - context.triggerMs / 2 : 0;
    this.source = openSource(flow, dataset, context);
  }

  get hasBacklog(): boolean {
    return this.source.hasBacklog;
  }

  hasRead(source: string, version: number): boolean {
    const { stream, tables } = this.flow;
    if (stream.kind === 'table' && stream.table === source)
      return this.isSound && this.source instanceof TableBatchSource && this.source.taken >= version;
    // A table that is looked up need not be read again when it changes.
    return tables.includes(source);
  }

  /** After a batch: not again before a while, unless there is a backlog. `leastMs`: at least so long. */
  protected rest(leastMs = 0): void {
    const restMs = Math.max(this.restMs, leastMs);
    this.dueAtMs = this.hasBacklog && leastMs === 0 ? 0 : this.context.now() + restMs;
  }

  override async close(): Promise<void> {
    if (this.source instanceof KafkaBatchSource) await this.source.settle();
  }

  /**
   * Puts the looked-up tables in place and gives their versions as progress. A batch that is repeated sees the versions
   * that it saw the first time.
   */
  protected async lookUpTables(pending: ReadonlyMap<string, number> | undefined): Promise<Map<string, number>> {
    const versions = new Map<string, number>();
    for (const name of this.flow.tables) {
      const handle = this.context.handle(name);
      const id = appId(this.flow.name, name);
      const version = pending?.get(id) ?? handle.version;
      await showTable(this.context, handle, version);
      versions.set(id, version);
    }
    return versions;
  }
}

const shown = new WeakMap<TableHandle, number>();

/** Makes a version of a table visible to queries under its name. */
export const showTable = async (context: RunnerContext, handle: TableHandle, version: number): Promise<void> => {
  if (shown.get(handle) === version) return;
  const snapshot = await handle.table.snapshot(version === handle.version ? undefined : { version });
  if (snapshot === undefined) throw new Error(`${handle.name} is not there`);
  const [schema, table] = handle.name.split('.').map(quoteName);
  const scan = scanSql(handle.table, [...snapshot.files], [...handle.shape.columns], [...handle.shape.partitionBy]);
  await context.sql.run(
    `CREATE SCHEMA IF NOT EXISTS ${schema}; CREATE OR REPLACE VIEW ${schema}.${table} AS SELECT * FROM ${scan}`,
  );
  shown.set(handle, version);
};
