/**
 * An append flow's micro-batch, in four steps: recover, plan, run, commit.
 *
 * One Delta commit holds the rows and the progress. With quarantine there are two tables and so two commits: quarantine
 * first, then the table, each with the same progress. A crash in between leaves quarantine one batch ahead; recovery then
 * repeats exactly that batch, without writing to quarantine again.
 */
import { PipelineError } from '../problems.ts';
import { quarantines } from '../plan/graph.ts';
import { quoteName } from '../plan/tree.ts';
import { quarantineSuffix, type AppendFlow, type Dataset } from '../plan/types.ts';
import {
  classifySql,
  failingSql,
  overBatch,
  quarantineSql,
  repeatedColumn,
  repeatedSql,
  statuses,
  summarySql,
  violationColumn,
  type Status,
} from './append-sql.ts';
import { addCounters, leftOut, type FlowCounters } from './counters.ts';
import { ProducedTimes } from './freshness.ts';
import { KeyMemory, type KeyPart } from './keys.ts';
import type { StepResult } from './runner.ts';
import type { Batch } from './source.ts';
import { StreamingRunner, type StreamContext } from './streaming-runner.ts';
import type { HandleChange, TableHandle } from './table-handle.ts';
import { adaptShape, shapeOf } from './shape.ts';
import { Watermark } from './watermark.ts';

const batchTable = '"$batch"';

/** A batch above this is not left in memory until the next one replaces it. */
const smallBatchRows = 20_000;

interface Outcome {
  readonly counts: Readonly<Record<Status, number>>;
  /** Violations by expectation, cumulative under `violations/<name>`. */
  readonly violations: Readonly<Record<string, number>>;
}

export class AppendRunner extends StreamingRunner<AppendFlow> {
  private readonly quarantine: TableHandle | undefined;
  private readonly keys: KeyMemory | undefined;
  private readonly watermark: Watermark | undefined;
  /** The batch that quarantine already has and the table does not: its progress. */
  private pending: ReadonlyMap<string, number> | undefined;

  constructor(dataset: Dataset, flow: AppendFlow, context: StreamContext) {
    super(dataset, flow, context);
    if (quarantines(dataset)) this.quarantine = context.handle(`${dataset.name}${quarantineSuffix}`);
    if (flow.keys.length > 0) this.keys = new KeyMemory(context.sql, flow, this.typeOf);
    if (flow.watermark !== undefined) this.watermark = new Watermark(flow.name, flow.watermark);
  }

  protected async recover(): Promise<void> {
    await this.close();
    const snapshot = await this.handle.open();
    await adaptShape(this.handle, snapshot, this.dataset, this.context.now());
    const ahead = await this.quarantine?.open();
    const { transactions } = snapshot;
    this.pending = ahead && isAhead(ahead.transactions, transactions) ? ahead.transactions : undefined;
    this.source.recover(transactions, this.pending);
    this.watermark?.recover(transactions);
    if (this.keys === undefined) return;
    const parts: KeyPart[] = [{ handle: this.handle, files: snapshot.files }];
    if (this.quarantine !== undefined) parts.push({ handle: this.quarantine, files: await this.quarantinedBefore() });
    await this.keys.load(parts, this.watermark?.atMs);
  }

  protected async batch(): Promise<StepResult> {
    const batch = await this.source.next();
    if (batch === undefined) {
      if (this.pending !== undefined) throw new Error(`the batch that ${this.dataset.name} must repeat is not there`);
      return 'idle';
    }
    try {
      await this.context.scaleTo(batch.rows);
      const transactions = new Map([...batch.transactions, ...(await this.lookUpTables(this.pending))]);
      const committed = this.isPlain
        ? await this.appendAll(batch, transactions)
        : await this.classify(batch, transactions);
      // After a repeated batch its limits must go, and memory must learn what quarantine holds.
      if (!committed || this.pending !== undefined) this.restart();
      this.pending = undefined;
      this.rest();
      return 'worked';
    } finally {
      await batch.release();
    }
  }

  /** Nothing to decide about rows: they go straight from the source into the table. */
  private get isPlain(): boolean {
    return this.keys === undefined && this.watermark === undefined && this.flow.expectations.length === 0;
  }

  private async appendAll(batch: Batch, transactions: Map<string, number>): Promise<boolean> {
    const select = `SELECT ${this.columnList()} FROM (${overBatch(this.flow.sql, batch.relation, this.flow.position)})`;
    const add = await this.handle.table.write(select, shapeOf(this.handle));
    const rowsOut = add.reduce((sum, { rows }) => sum + (rows ?? 0), 0);
    const counts = { out: rowsOut, late: 0, duplicate: 0, quarantined: 0, dropped: 0 };
    return await this.commit({ add, transactions }, batch, { counts, violations: {} });
  }

  private async classify(batch: Batch, transactions: Map<string, number>): Promise<boolean> {
    const { sql } = this.context;
    const query = classifySql({
      flow: this.flow,
      relation: batch.relation,
      typeOf: this.typeOf,
      keyTable: this.keys?.table,
      watermarkMs: this.watermark?.atMs,
    });
    await sql.run(`CREATE OR REPLACE TEMP TABLE ${batchTable} AS ${query}`);
    const outcome = await this.summarize();
    await this.refuseFailures(outcome);
    const moved = await this.watermark?.after(sql, batchTable);
    for (const [id, ms] of moved ?? []) transactions.set(id, ms);
    if (outcome.counts.quarantined > 0 && this.pending === undefined) await this.setAside(transactions);
    const select = `SELECT ${this.columnList()} FROM ${batchTable} WHERE "$status" = 'out'`;
    const add = outcome.counts.out === 0 ? [] : await this.handle.table.write(select, shapeOf(this.handle));
    const committed = await this.commit({ add, transactions }, batch, outcome);
    if (!committed) return false;
    this.watermark?.advance(moved!);
    await this.keys?.extend(batchTable, outcome.counts.out + outcome.counts.quarantined, this.watermark?.atMs);
    if (batch.rows > smallBatchRows) await sql.run(`DROP TABLE ${batchTable}`);
    return true;
  }

  private async summarize(): Promise<Outcome> {
    const { sql } = this.context;
    let [row] = await sql.rows(summarySql(batchTable, this.flow));
    if (Number(row![repeatedColumn]) > 0) {
      await sql.run(repeatedSql(batchTable));
      [row] = await sql.rows(summarySql(batchTable, this.flow));
    }
    const counts = Object.fromEntries(statuses.map((status) => [status, Number(row![status])]));
    const violations = this.flow.expectations.map(({ name }, index) => [
      `violations/${name}`,
      Number(row![violationColumn(index)]),
    ]);
    return {
      counts: counts as Record<Status, number>,
      violations: Object.fromEntries(violations) as Record<string, number>,
    };
  }

  private async refuseFailures({ violations }: Outcome): Promise<void> {
    for (const [index, { name, onViolation }] of this.flow.expectations.entries()) {
      const count = violations[`violations/${name}`] ?? 0;
      if (onViolation !== 'fail' || count === 0) continue;
      const [row] = await this.context.sql.rows(failingSql(batchTable, index));
      const place = row?.topic === null ? '' : `, the first at ${row?.topic}/${row?.partition}, offset ${row?.offset}`;
      throw new PipelineError({
        code: 'EXPECTATION_FAILED',
        message: `${count} rows for ${this.dataset.name} violate '${name}', which says FAIL UPDATE${place}.`,
        hint: 'Nothing of the batch was written. Correct the rows or the constraint, or use ON VIOLATION QUARANTINE.',
        file: this.flow.file,
        line: this.flow.line,
      });
    }
  }

  /** The commit into quarantine: with the batch's progress, so that it is made once. */
  private async setAside(transactions: ReadonlyMap<string, number>): Promise<void> {
    const { quarantine, context, dataset } = this;
    const nowMs = context.now();
    const columns = dataset.columns.map(({ name }) => name);
    const add = await quarantine!.table.write(
      quarantineSql(batchTable, columns, this.flow, nowMs),
      shapeOf(quarantine!),
    );
    await quarantine!.commit({ operation: 'QUARANTINE', add, transactions }, new ProducedTimes(), nowMs);
  }

  /** False: the lake had this batch already, so what is in memory is not to be trusted. */
  private async commit(
    change: Pick<HandleChange, 'add' | 'transactions'>,
    batch: Batch,
    outcome: Outcome,
  ): Promise<boolean> {
    const { counts, violations } = outcome;
    const selected = statuses.reduce((sum, status) => sum + counts[status], 0);
    const flow: FlowCounters = {
      rowsIn: batch.rows,
      ...leftOut(batch.rows, selected),
      duplicates: counts.duplicate,
      quarantined: counts.quarantined,
      dropped: counts.dropped,
      late: counts.late,
      rowsOut: counts.out,
    };
    const counters = addCounters(this.handle.counters, { ...flow, ...violations });
    const nowMs = this.context.now();
    const result = await this.handle.commit(
      { operation: 'STREAMING UPDATE', ...change, counters },
      batch.produced,
      nowMs,
    );
    if (result.kind === 'committed' && this.dataset.layer === 'gold')
      this.context.onGold(batch.produced, this.context.now());
    return result.kind === 'committed';
  }

  /** Quarantine without the batch that is about to be repeated: its rows must not look like duplicates of themselves. */
  private async quarantinedBefore(): Promise<KeyPart['files']> {
    const { table } = this.quarantine!;
    let snapshot = (await table.snapshot())!;
    while (
      this.pending !== undefined &&
      snapshot.version > 0 &&
      isAhead(snapshot.transactions, this.handle.transactions)
    )
      snapshot = (await table.snapshot({ version: snapshot.version - 1 }))!;
    return snapshot.files;
  }

  private columnList(): string {
    return this.dataset.columns.map(({ name }) => quoteName(name)).join(', ');
  }

  private readonly typeOf = (column: string): string =>
    this.dataset.columns.find(({ name }) => name === column)?.type ?? 'VARCHAR';
}

/** Has `ahead` progress that `behind` has not? */
const isAhead = (ahead: ReadonlyMap<string, number>, behind: ReadonlyMap<string, number>): boolean =>
  [...ahead].some(([id, version]) => version > (behind.get(id) ?? -1));
