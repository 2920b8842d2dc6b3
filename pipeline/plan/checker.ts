/**
 * A scratch DuckDB with an empty, typed table for every dataset, against which each query is bound: so a wrong name or type
 * is found before anything runs. Positions of DuckDB's errors are translated to the file's.
 */
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { duckdbSql, type Column, type Sql } from '../../lake/index.ts';
import type { SourceFile } from '../language/source.ts';
import type { Problem } from '../problems.ts';
import { quoteName } from './tree.ts';
import { kafkaColumns } from './types.ts';

export type Checked<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'problem'; readonly problem: Problem };

interface DuckdbError {
  exception_type?: string;
  exception_message?: string;
  position?: string;
}

export class Checker {
  readonly sql: Sql;
  private readonly instance: DuckDBInstance;
  private readonly connection: DuckDBConnection;

  static async open(): Promise<Checker> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    const connection = await instance.connect();
    const checker = new Checker(instance, connection);
    await checker.sql.run("SET errors_as_json = true; SET TimeZone = 'UTC'");
    await checker.addTable('read_kafka', kafkaColumns);
    return checker;
  }

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.instance = instance;
    this.connection = connection;
    this.sql = duckdbSql(connection);
  }

  close(): void {
    this.connection.closeSync();
    this.instance.closeSync();
  }

  /** `name`: `schema.table` or a bare name. */
  async addTable(name: string, columns: readonly Column[]): Promise<void> {
    const [schema, table] = name.includes('.') ? name.split('.') : [undefined, name];
    if (schema !== undefined) await this.sql.run(`CREATE SCHEMA IF NOT EXISTS ${quoteName(schema)}`);
    const list = columns.map((column) => `${quoteName(column.name)} ${column.type}`).join(', ');
    const target = schema === undefined ? quoteName(table!) : `${quoteName(schema)}.${quoteName(table!)}`;
    await this.sql.run(`CREATE OR REPLACE TABLE ${target} (${list})`);
  }

  /** The columns of a SELECT: `before`, then text of the file from `at`, then `after`. */
  async columns(source: SourceFile, at: number, text: string, before = '', after = ''): Promise<Checked<Column[]>> {
    const prefix = `DESCRIBE ${before}`;
    try {
      const rows = await this.sql.rows(`${prefix}${text}${after}`);
      const columns = rows.map((row) => ({ name: String(row.column_name), type: String(row.column_type) }));
      return { kind: 'ok', value: columns };
    } catch (error) {
      const { message, hint, position } = readError(error as Error);
      const bytes = Math.max(0, (position ?? 0) - Buffer.byteLength(prefix));
      return { kind: 'problem', problem: source.problem(at + charsAt(text, bytes), 'SQL_INVALID', message, hint) };
    }
  }
}

/** Characters before the byte at `bytes` of `text`. */
export const charsAt = (text: string, bytes: number): number => Buffer.from(text).subarray(0, bytes).toString().length;

/** DuckDB's error as a sentence and the rest, which is usually advice. */
const readError = (error: Error): { message: string; hint: string; position: number | undefined } => {
  const json = /\{.*\}$/s.exec(error.message)?.[0];
  const parsed: DuckdbError = json === undefined ? {} : (JSON.parse(json) as DuckdbError);
  const [first, ...rest] = (parsed.exception_message ?? error.message).split('\n');
  const advice = rest.map((line) => line.trim()).filter((line) => line !== '');
  return {
    message: `${parsed.exception_type ?? 'SQL'} error: ${first!.replace(/[.!]$/, '')}.`,
    hint: advice.join(' ') || 'Correct the query; `tiffin pipeline dry-run` checks it again without running it.',
    position: parsed.position === undefined ? undefined : Number(parsed.position),
  };
};
