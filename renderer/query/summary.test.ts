import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { figuresSql, isNested, isSummary, shapeOf, spreadSql } from './summary.ts';

let connection: DuckDBConnection;
beforeAll(async () => {
  connection = await (await DuckDBInstance.create()).connect();
  await connection.run(`CREATE TABLE t AS SELECT i AS n, CASE WHEN i % 10 = 0 THEN NULL ELSE 'city ' || (i % 3) END AS "the city",
    TIMESTAMPTZ '2026-03-03 12:00:00+00' + to_seconds(i) AS at, i::DECIMAL(10,2) / 4 AS amount, {'dish': 'x'} AS items, i > 3 AS flag,
    CASE WHEN i = 5 THEN 'nan'::DOUBLE ELSE i END AS wild FROM range(100) r(i)`);
});
afterAll(() => connection.closeSync());
const rows = async (sql: string): Promise<unknown[][]> => (await connection.runAndReadAll(sql)).getRowsJson();

describe('the summary of a column', () => {
  test('counts rows, NULLs and distinct values, and knows the ends', async () => {
    const [figures] = await rows(figuresSql('t', 'the city', 'VARCHAR'));
    expect(figures).toEqual(['100', '10', '3', 'city 0', 'city 2', null, null, null, null]);
  });

  test('of numbers has mean and quartiles', async () => {
    const [figures] = await rows(figuresSql('t', 'n', 'BIGINT'));
    expect(figures!.slice(3)).toEqual(['0', '99', 49.5, 24.75, 49.5, 74.25]);
  });

  test.each([
    'the city VARCHAR',
    'n BIGINT',
    'at TIMESTAMP WITH TIME ZONE',
    'amount DECIMAL(10,2)',
    'items STRUCT(dish VARCHAR)',
    'flag BOOLEAN',
    'wild DOUBLE',
  ])('is SQL that DuckDB runs, and its bars add up: %s', async (column) => {
    const at = column.startsWith('the city') ? 8 : column.indexOf(' ');
    const [name, type] = [column.slice(0, at), column.slice(at + 1)];
    const [figures] = await rows(figuresSql('t', name, type));
    const bars = await rows(spreadSql('t', name, type));
    const counted = bars.reduce((sum, bar) => sum + Number(bar[1]), 0);
    expect(counted).toBe(100 - Number(figures![1]) - (name === 'wild' ? 1 : 0));
  });

  test('can be told from what the user ran', () => {
    expect(isSummary(figuresSql('t', 'n', 'BIGINT'))).toBe(true);
    expect(isSummary('SELECT 1')).toBe(false);
  });
});

test.each([
  ['BIGINT', 'number'],
  ['UBIGINT', 'number'],
  ['DECIMAL(10,2)', 'number'],
  ['DATE', 'time'],
  ['TIMESTAMP WITH TIME ZONE', 'time'],
  ['VARCHAR', 'text'],
  ['BOOLEAN', 'text'],
  ['INTEGER[]', 'text'],
  ['INTERVAL', 'text'],
])('%s holds values of kind %s', (type, shape) => expect(shapeOf(type)).toBe(shape));

test('nested types are told by their name', () => {
  expect(['STRUCT(a INTEGER)', 'INTEGER[]', 'MAP(VARCHAR, INTEGER)', 'VARCHAR'].map(isNested)).toEqual([
    true,
    true,
    true,
    false,
  ]);
});
