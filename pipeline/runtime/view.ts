/**
 * A materialized view: recomputed in full when a table that it reads has changed, and committed as one overwrite that names
 * the versions it was made from. The same versions are never computed twice.
 */
import { PipelineError } from '../problems.ts';
import type { Dataset, ViewFlow } from '../plan/types.ts';
import { noRows } from './counters.ts';
import { ProducedTimes } from './freshness.ts';
import { Runner, type RunnerContext, type StepResult } from './runner.ts';
import { sameColumns, shapeOf } from './shape.ts';
import { appId } from './source.ts';
import { showTable } from './streaming-runner.ts';
import type { ProducedLog } from './table-handle.ts';

/** All views together may use about a third of the time, so that slow ones do not starve the rest. */
const pauseFactor = 2;

export class ViewRunner extends Runner {
  private readonly flow: ViewFlow;
  private readonly produced: ReadonlyMap<string, ProducedLog>;
  private read: ReadonlyMap<string, number> = new Map();
  private columnsChanged = false;

  constructor(dataset: Dataset, flow: ViewFlow, context: RunnerContext) {
    super(dataset, context);
    this.flow = flow;
    this.produced = new Map(flow.tables.map((name) => [name, context.handle(name).subscribe()]));
  }

  get hasBacklog(): boolean {
    return this.flow.tables.some((name) => (this.read.get(name) ?? -1) < this.context.handle(name).dataVersion);
  }

  hasRead(source: string, version: number): boolean {
    return this.isSound && (this.read.get(source) ?? -1) >= version;
  }

  /** Compute it again although nothing changed. */
  forget(): void {
    this.read = new Map();
    this.dueAtMs = 0;
  }

  protected async recover(): Promise<void> {
    const { transactions, columns } = await this.handle.open();
    this.columnsChanged = !sameColumns(columns, this.handle.shape.columns);
    const versions = this.flow.tables.map(
      (name) => [name, transactions.get(appId(this.flow.name, name)) ?? -1] as const,
    );
    this.read = this.columnsChanged ? new Map() : new Map(versions);
  }

  protected async batch(): Promise<StepResult> {
    if (!this.hasBacklog) return 'idle';
    const { handle, context, flow } = this;
    const startMs = context.now();
    const versions = new Map(flow.tables.map((name) => [name, context.handle(name).version]));
    await context.scaleTo(flow.tables.reduce((rows, name) => rows + context.handle(name).rows, 0));
    for (const [name, version] of versions) await showTable(context, context.handle(name), version);
    await this.refuseFailures();
    const add = await handle.table.write(flow.sql, shapeOf(handle));
    const rowsOut = add.reduce((sum, { rows }) => sum + (rows ?? 0), 0);
    const transactions = new Map([...versions].map(([name, version]) => [appId(flow.name, name), version]));
    const produced = new ProducedTimes();
    for (const [name, log] of this.produced) produced.merge(log.take(versions.get(name)!));
    const counters = { ...handle.counters, ...noRows, rowsOut };
    const shape = this.columnsChanged ? shapeOf(handle) : {};
    const change = { operation: 'REFRESH', overwrite: true, add, transactions, counters, ...shape };
    await handle.commit(change, produced, context.now());
    const nowMs = context.now();
    if (this.dataset.layer === 'gold') context.onGold(produced, nowMs);
    this.read = versions;
    this.columnsChanged = false;
    context.viewDurationsMs.set(this.dataset.name, nowMs - startMs);
    this.dueAtMs = nowMs + context.viewDurationsMs.values().reduce((sum, ms) => sum + ms, 0) * pauseFactor;
    return 'worked';
  }

  private async refuseFailures(): Promise<void> {
    for (const { name, condition } of this.flow.failing) {
      const [row] = await this.context.sql.rows(
        `SELECT count(*) AS n FROM (${this.flow.sql}) WHERE (${condition}\n) IS NOT TRUE`,
      );
      if (Number(row!.n) === 0) continue;
      throw new PipelineError({
        code: 'EXPECTATION_FAILED',
        message: `${Number(row!.n)} rows of ${this.dataset.name} violate '${name}', which says FAIL UPDATE.`,
        hint: 'The view keeps its last state. Correct the rows below it, or the constraint.',
        file: this.flow.file,
        line: this.flow.line,
      });
    }
  }
}
