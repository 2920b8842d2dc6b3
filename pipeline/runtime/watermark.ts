/**
 * How far event time has come: of each source partition the newest event time seen, of these the least, less the delay.
 * The least and not the greatest, because partitions are read at different speeds when catching up; a partition that lags
 * must not lose its rows. A silent partition so holds the watermark back, which costs memory and no rows.
 *
 * It is kept as transactions of the table, so that it is exactly as far as the rows are.
 */
import type { Sql } from '../../lake/index.ts';
import { quoteName } from '../plan/tree.ts';

export class Watermark {
  private readonly prefix: string;
  private readonly column: string;
  private readonly delayMs: number;
  private newest = new Map<string, number>();

  constructor(flow: string, { column, delayMs }: { column: string; delayMs: number }) {
    this.prefix = `${flow}#watermark/`;
    this.column = column;
    this.delayMs = delayMs;
  }

  recover(transactions: ReadonlyMap<string, number>): void {
    this.newest = new Map([...transactions].filter(([id, ms]) => id.startsWith(this.prefix) && ms >= 0));
  }

  /** Undefined until every known partition has an event time. */
  get atMs(): number | undefined {
    return this.newest.size === 0 ? undefined : Math.min(...this.newest.values()) - this.delayMs;
  }

  /** What the partitions' newest event times are after a batch, as transactions. */
  async after(sql: Sql, batch: string): Promise<Map<string, number>> {
    const rows = await sql.rows(
      `SELECT "$topic" AS topic, "$partition" AS "partition", max(epoch_ms(${quoteName(this.column)})) AS ms
FROM ${batch} WHERE ${quoteName(this.column)} IS NOT NULL GROUP BY ALL`,
    );
    return new Map(
      rows.map(({ topic, partition, ms }) => {
        const id = `${this.prefix}${String(topic)}/${String(partition)}`;
        return [id, Math.max(Number(ms), this.newest.get(id) ?? 0)];
      }),
    );
  }

  advance(moved: ReadonlyMap<string, number>): void {
    for (const [id, ms] of moved) this.newest.set(id, ms);
  }
}
