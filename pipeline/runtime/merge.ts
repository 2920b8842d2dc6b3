/** AUTO CDC, SCD type 1: the changes of a stream upserted into a table. The four steps are those of an append flow. */
import { quoteName } from '../plan/tree.ts';
import type { MergeFlow } from '../plan/types.ts';
import { overBatch } from './append-sql.ts';
import { addCounters, leftOut, noRows } from './counters.ts';
import type { StepResult } from './runner.ts';
import type { Batch } from './source.ts';
import { adaptShape } from './shape.ts';
import { StreamingRunner } from './streaming-runner.ts';

const changesTable = '"$changes"';

/** A merge rewrites files, so it waits for more to do: it may use about a third of the time. */
const pauseFactor = 2;

export class MergeRunner extends StreamingRunner<MergeFlow> {
  protected async recover(): Promise<void> {
    await this.close();
    const snapshot = await this.handle.open();
    await adaptShape(this.handle, snapshot, this.dataset, this.context.now());
    this.source.recover(snapshot.transactions);
  }

  protected async batch(): Promise<StepResult> {
    const startMs = this.context.now();
    const batch = await this.source.next();
    if (batch === undefined) return 'idle';
    try {
      await this.context.scaleTo(batch.rows);
      const transactions = new Map([...batch.transactions, ...(await this.lookUpTables(undefined))]);
      const committed = await this.merge(batch, transactions);
      if (!committed) this.restart();
      if (!this.source.hasBacklog) this.rest((this.context.now() - startMs) * pauseFactor);
      return 'worked';
    } finally {
      await batch.release();
    }
  }

  private async merge(batch: Batch, transactions: ReadonlyMap<string, number>): Promise<boolean> {
    const { sql, now, onGold } = this.context;
    const { keys, sequence, deleteWhen } = this.flow;
    const query = overBatch(this.flow.sql, batch.relation, this.flow.position);
    await sql.run(`CREATE OR REPLACE TEMP TABLE ${changesTable} AS ${query}`);
    const [row] = await sql.rows(`SELECT count(*) AS n FROM ${changesTable}`);
    const selected = Number(row!.n);
    const snapshot = await this.handle.open();
    const spec = { keys: [...keys], sequence, ...(deleteWhen !== undefined && { deleteWhen }) };
    const source = `SELECT ${this.sourceColumns()} FROM ${changesTable}`;
    const { add, remove, counts } = await this.handle.table.merge(snapshot, source, spec);
    const counters = addCounters(this.handle.counters, {
      ...noRows,
      rowsIn: batch.rows,
      ...leftOut(batch.rows, selected),
      duplicates: counts.ignored,
      rowsOut: selected - counts.ignored,
      inserted: counts.inserted,
      updated: counts.updated,
      deleted: counts.deleted,
    });
    const change = { operation: 'MERGE', add, remove, transactions, counters };
    const result = await this.handle.commit(change, batch.produced, now());
    if (result.kind === 'committed' && this.dataset.layer === 'gold') onGold(batch.produced, now());
    return result.kind === 'committed';
  }

  /** Everything but the position: a delete condition may need columns that are not stored. */
  private sourceColumns(): string {
    return `* EXCLUDE (${['$topic', '$partition', '$offset'].map(quoteName).join(', ')})`;
  }
}
