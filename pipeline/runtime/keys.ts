/**
 * What a deduplicating table remembers: the keys that it and its quarantine hold, in an in-memory table. It is rebuilt from
 * the tables on recovery and extended after each commit, so that a batch costs a join and nothing is listed or read again.
 * With a watermark only keys from it on are kept: rows before it are late and cannot come in again.
 */
import { scanSql, type DataFile, type Sql } from '../../lake/index.ts';
import { quoteName } from '../plan/tree.ts';
import type { AppendFlow } from '../plan/types.ts';
import { keySql } from './append-sql.ts';
import type { TableHandle } from './table-handle.ts';

export interface KeyPart {
  readonly handle: TableHandle;
  readonly files: readonly DataFile[];
}

const pruneRowsMin = 100_000;

export class KeyMemory {
  readonly table: string;
  private readonly sql: Sql;
  private readonly flow: AppendFlow;
  private readonly typeOf: (column: string) => string;
  private rows = 0;
  private rowsAfterPrune = 0;

  constructor(sql: Sql, flow: AppendFlow, typeOf: (column: string) => string) {
    this.sql = sql;
    this.flow = flow;
    this.typeOf = typeOf;
    this.table = quoteName(`keys of ${flow.name}`);
  }

  async load(parts: readonly KeyPart[], watermarkMs: number | undefined): Promise<void> {
    const since = this.sinceSql('time', watermarkMs);
    const selects = parts.map(({ handle, files }) => {
      const { columns, partitionBy } = handle.shape;
      return `SELECT ${this.keyAndTime()} FROM ${scanSql(handle.table, [...files], [...columns], [...partitionBy])}`;
    });
    await this.sql.run(
      `CREATE OR REPLACE TABLE ${this.table} AS SELECT DISTINCT ON (key) * FROM (${selects.join(' UNION ALL ')})
WHERE key IS NOT NULL${since}`,
    );
    const [row] = await this.sql.rows(`SELECT count(*) AS n FROM ${this.table}`);
    this.rows = Number(row!.n);
    this.rowsAfterPrune = this.rows;
  }

  /** Remembers the rows of a batch that are now in the table or in quarantine. */
  async extend(batch: string, rows: number, watermarkMs: number | undefined): Promise<void> {
    await this.sql.run(
      `INSERT INTO ${this.table} SELECT "$key"${this.time()} FROM ${batch}
WHERE "$status" IN ('out', 'quarantined') AND "$key" IS NOT NULL`,
    );
    this.rows += rows;
    const isWorthIt = this.rows > pruneRowsMin && this.rows > this.rowsAfterPrune * 2;
    if (watermarkMs !== undefined && isWorthIt) await this.prune(watermarkMs);
  }

  private async prune(watermarkMs: number): Promise<void> {
    await this.sql.run(
      `CREATE OR REPLACE TABLE ${this.table} AS SELECT * FROM ${this.table} WHERE true${this.sinceSql('time', watermarkMs)}`,
    );
    const [row] = await this.sql.rows(`SELECT count(*) AS n FROM ${this.table}`);
    this.rows = Number(row!.n);
    this.rowsAfterPrune = this.rows;
  }

  private keyAndTime(): string {
    return `${keySql(this.flow.keys, this.typeOf)} AS key${this.time()}`;
  }

  /** A second column, but only where it is needed: keys are many. */
  private time(): string {
    const { watermark } = this.flow;
    return watermark === undefined ? '' : `, CAST(${quoteName(watermark.column)} AS TIMESTAMPTZ) AS time`;
  }

  private sinceSql(column: string, watermarkMs: number | undefined): string {
    return watermarkMs === undefined
      ? ''
      : ` AND (${column} IS NULL OR ${column} >= make_timestamptz(${watermarkMs * 1000}))`;
  }
}
