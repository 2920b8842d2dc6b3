/**
 * What queries found, kept as tables of the database `kept`: pages are ranges of row ids, an export is a COPY of the same rows
 * that were shown. The oldest results go when there are too many.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { DuckDBDataChunk, VARCHAR } from '@duckdb/node-api';
import type { Cell, QueryColumn, QueryPage } from '../../contract/index.ts';
import { TiffinError } from '../../errors.ts';
import { quoteName, quoteText } from './quote.ts';
import { asRelation, type Statement } from './statement.ts';

export interface ResultLimits {
  readonly rowsMax: number;
  readonly keptResultsMax: number;
  readonly keptRowsMax: number;
}
export const defaultLimits: ResultLimits = { rowsMax: 1_000_000, keptResultsMax: 40, keptRowsMax: 4_000_000 };

export interface KeptResult {
  readonly columns: readonly QueryColumn[];
  readonly rows: number;
  readonly truncated: boolean;
}

export type ExportFormat = 'csv' | 'json' | 'parquet';

const tableOf = (queryId: string): string => `kept.main.${quoteName(queryId)}`;
const copyOptions: Readonly<Record<ExportFormat, string>> = {
  csv: 'FORMAT csv, HEADER true',
  json: 'FORMAT json, ARRAY true',
  parquet: 'FORMAT parquet, COMPRESSION zstd',
};

export class Results {
  readonly #kept = new Map<string, KeptResult>();
  readonly #quick: DuckDBConnection;
  readonly #limits: ResultLimits;

  constructor(quick: DuckDBConnection, limits: ResultLimits) {
    this.#quick = quick;
    this.#limits = limits;
  }

  /** SQL text that stands before the user's own while a relation is materialised: for the position of errors. */
  static prefixBytes(queryId: string): number {
    return Buffer.byteLength(`CREATE TABLE ${tableOf(queryId)} AS SELECT * FROM (`);
  }

  /** Runs a statement on `connection` and keeps what it gives, up to the limit of rows. */
  async keep(queryId: string, connection: DuckDBConnection, statement: Statement): Promise<KeptResult> {
    const { rowsMax } = this.#limits;
    if (statement.kind === 'relation')
      await connection.run(`CREATE TABLE ${tableOf(queryId)} AS ${asRelation(statement.sql)} LIMIT ${rowsMax + 1}`);
    else await this.#keepReport(queryId, connection, statement);
    const counted = await this.#quick.runAndReadAll(`SELECT count(*) FROM ${tableOf(queryId)}`);
    const rows = Number(counted.getRowsJson()[0]![0]);
    const columns = statement.columns.length > 0 ? statement.columns : await this.#describe(queryId);
    const result = { columns, rows: Math.min(rows, rowsMax), truncated: rows > rowsMax };
    this.#kept.set(queryId, result);
    await this.#dropOldest();
    return result;
  }

  /** Removes what a statement that did not end well may have left. */
  async forget(queryId: string): Promise<void> {
    this.#kept.delete(queryId);
    await this.#quick.run(`DROP TABLE IF EXISTS ${tableOf(queryId)}`);
  }

  async page(queryId: string, offset: number, limit: number): Promise<QueryPage> {
    const { rows } = this.#get(queryId);
    const end = Math.min(offset + limit, rows);
    const reader = await this.#quick.runAndReadAll(
      `SELECT * FROM ${tableOf(queryId)} WHERE rowid >= ${offset} AND rowid < ${end} ORDER BY rowid`,
    );
    return { offset, rows: (reader.getRowsJson() as unknown[][]).map((row) => row.map(cellOf)) };
  }

  /** Writes the rows that can be paged to a file. */
  async export(queryId: string, format: ExportFormat, path: string): Promise<void> {
    const { rows } = this.#get(queryId);
    await this.#quick.run(
      `COPY (SELECT * FROM ${tableOf(queryId)} WHERE rowid < ${rows} ORDER BY rowid) TO ${quoteText(path)} (${copyOptions[format]})`,
    );
  }

  async #describe(queryId: string): Promise<QueryColumn[]> {
    const reader = await this.#quick.runAndReadAll(`DESCRIBE ${tableOf(queryId)}`);
    return reader.getRowsJson().map(([name, type]) => ({ name: String(name), type: String(type) }));
  }

  #get(queryId: string): KeptResult {
    const result = this.#kept.get(queryId);
    if (result) return result;
    throw new TiffinError('RESULT_GONE', 'This result is no longer kept.', 'Run the query again.');
  }

  async #keepReport(queryId: string, connection: DuckDBConnection, statement: Statement): Promise<void> {
    const reader = await connection.runAndReadAll(statement.sql);
    const names = reader.deduplicatedColumnNames();
    await this.#quick.run(
      `CREATE TABLE ${tableOf(queryId)} (${names.map((name) => `${quoteName(name)} VARCHAR`).join(', ')})`,
    );
    const appender = await this.#quick.createAppender(queryId, 'main', 'kept');
    const chunk = DuckDBDataChunk.create(names.map(() => VARCHAR));
    for (const row of reader.getRowsJson()) {
      chunk.setRows([row.map((value) => (value === null ? null : String(value)))]);
      appender.appendDataChunk(chunk);
    }
    appender.closeSync();
  }

  async #dropOldest(): Promise<void> {
    let rows = [...this.#kept.values()].reduce((sum, result) => sum + result.rows, 0);
    for (const [queryId, result] of this.#kept) {
      const tooMany = this.#kept.size > this.#limits.keptResultsMax || rows > this.#limits.keptRowsMax;
      if (!tooMany || this.#kept.size === 1) return;
      rows -= result.rows;
      await this.forget(queryId);
    }
  }
}

/** Scalars as they are; lists, structs and maps as JSON text. 64-bit integers and decimals come as text from the converter. */
const cellOf = (value: unknown): Cell =>
  value !== null && typeof value === 'object' ? JSON.stringify(value) : (value as Cell);
