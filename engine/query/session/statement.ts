/**
 * Which statements a query may be: those that read. The lake's folder must be open to DuckDB (its views read files there), and
 * DuckDB's folder permission does not tell reading from writing, so what could write (COPY, ATTACH, …) is refused by its kind,
 * before it runs. DuckDB's own parser says what kind a statement is.
 */
import { type DuckDBConnection, type DuckDBPreparedStatement, StatementType } from '@duckdb/node-api';
import type { QueryColumn } from '../../contract/index.ts';
import { TiffinError } from '../../errors.ts';

/** `relation`: it may stand in a FROM clause; `report`: a few rows of text (EXPLAIN, PRAGMA). */
export interface Statement {
  readonly sql: string;
  readonly kind: 'relation' | 'report';
  /** Empty when they are known only after it ran. */
  readonly columns: readonly QueryColumn[];
}

/** The query as a relation. The line break ends a comment that the query may end with. */
export const asRelation = (sql: string): string => `SELECT * FROM (${sql}\n)`;

const explainHead = /^(?:\s|--[^\n]*\n|\/\*[^]*?\*\/)*explain(?:\s+analyze\b|\s*\([^)]*\))?/i;

/** Checks a text and says what it is. Throws DuckDB's error, or one of ours for what is not a single reading statement. */
export const readStatement = async (connection: DuckDBConnection, text: string): Promise<Statement> => {
  const sql = withoutSemicolons(text);
  if (sql === '') throw new TiffinError('EMPTY_QUERY', 'There is no statement to run.', 'Type one, e.g. SELECT 1.');
  const count = await countStatements(connection, sql);
  if (count === 0)
    throw new TiffinError('EMPTY_QUERY', 'There is no statement to run, only comments.', 'Type one, e.g. SELECT 1.');
  if (count > 1) {
    // DuckDB runs PIVOT as several statements, so that its columns are known only afterwards. It is one if it may stand in FROM.
    if (await isRelation(connection, sql)) return { sql, kind: 'relation', columns: [] };
    throw new TiffinError(
      'SEVERAL_STATEMENTS',
      `These are ${count} statements; a query is one.`,
      'Select the one to run.',
    );
  }
  return withPrepared(connection, sql, async (prepared) => {
    const { statementType } = prepared;
    if (statementType === StatementType.EXPLAIN) await checkExplained(connection, sql);
    else if (statementType !== StatementType.SELECT) throw refusal(statementType);
    if (prepared.parameterCount > 0)
      throw new TiffinError(
        'PARAMETERS',
        'The statement has parameters ($1, ?), which a query here cannot be given.',
        'Write the values into it.',
      );
    const relation = statementType === StatementType.SELECT && (await isRelation(connection, sql));
    return { sql, kind: relation ? 'relation' : 'report', columns: describe(prepared) };
  });
};

const withoutSemicolons = (text: string): string => text.replace(/[\s;]+$/, '').trimStart();

const countStatements = async (connection: DuckDBConnection, sql: string): Promise<number> => {
  try {
    return (await connection.extractStatements(sql)).count;
  } catch (error) {
    // Of a text without any statement DuckDB's binding says only this.
    if (/native callback/.test(String(error))) return 0;
    throw error;
  }
};

const withPrepared = async <T>(
  connection: DuckDBConnection,
  sql: string,
  use: (prepared: DuckDBPreparedStatement) => Promise<T>,
): Promise<T> => {
  const prepared = await connection.prepare(sql);
  try {
    return await use(prepared);
  } finally {
    prepared.destroySync();
  }
};

const describe = (prepared: DuckDBPreparedStatement): QueryColumn[] =>
  Array.from({ length: prepared.columnCount }, (_, index) => ({
    name: prepared.columnName(index),
    type: prepared.columnType(index).toString(),
  }));

/** May it stand in a FROM clause? Only a text that is sound by itself is asked this, so it cannot close our parenthesis. */
const isRelation = async (connection: DuckDBConnection, sql: string): Promise<boolean> => {
  try {
    return (await connection.extractStatements(asRelation(sql))).count > 0;
  } catch {
    // Not a failure: what does not parse there is simply no relation.
    return false;
  }
};

/** EXPLAIN ANALYZE runs what it explains. */
const checkExplained = async (connection: DuckDBConnection, sql: string): Promise<void> => {
  const head = explainHead.exec(sql);
  const inner = head ? sql.slice(head[0].length) : '';
  const type = await withPrepared(connection, inner, (prepared) => Promise.resolve(prepared.statementType));
  if (type !== StatementType.SELECT) throw refusal(type);
};

const refusal = (type: StatementType): TiffinError =>
  new TiffinError(
    'READ_ONLY',
    `A query reads; ${StatementType[type] ?? 'this statement'} is not done here.`,
    'Use SELECT, DESCRIBE, SUMMARIZE, SHOW or EXPLAIN; tables are made by the pipelines, files by Export.',
  );
