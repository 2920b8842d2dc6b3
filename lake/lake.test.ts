import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { duckdbSql, openLake, scanSql } from './index.ts';
import type { Column, Lake, Sql, Table } from './index.ts';

const columns: Column[] = [
  { name: 'id', type: 'BIGINT' },
  { name: 'city', type: 'VARCHAR' },
  { name: 'at', type: 'TIMESTAMP WITH TIME ZONE' },
];
let root: string;
let sql: Sql;
let close: () => void;
let clockMs: number;
let lake: Lake;

beforeEach(async () => {
  root = await fs.mkdtemp(path.join(os.tmpdir(), "tiffin lake 'ü [x]-"));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  close = () => {
    connection.closeSync();
    instance.closeSync();
  };
  sql = duckdbSql(connection);
  clockMs = Date.UTC(2024, 5, 1);
  lake = openLake({ root, sql, now: () => clockMs });
});

afterEach(async () => {
  close();
  await fs.rm(root, { recursive: true, force: true });
});

const someRows = (from: number, to: number) =>
  `SELECT i AS id, CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN 'a b/ü''%' ELSE 'Pune' END AS city, TIMESTAMPTZ '2024-01-01 00:00:00+00' + to_seconds(i) AS at FROM range(${from}, ${to}) t(i)`;

async function append(table: Table, select: string, partitionBy: string[] = []): Promise<number> {
  const snapshot = await table.snapshot();
  const add = await table.write(select, { columns, partitionBy });
  const result = await table.commit({
    readVersion: snapshot?.version ?? -1,
    operation: 'WRITE',
    ...(snapshot ? {} : { columns, partitionBy }),
    add,
  });
  expect(result.kind).toBe('committed');
  return result.version;
}

async function idsOf(table: Table): Promise<number[]> {
  const snapshot = (await table.snapshot())!;
  const rows = await sql.rows(
    `SELECT id FROM ${scanSql(table, [...snapshot.files], snapshot.columns, snapshot.partitionBy)} ORDER BY id`,
  );
  return rows.map((row) => Number(row['id']));
}

describe('a table', () => {
  test('does not exist before its first commit', async () => {
    const table = lake.table('bronze.orders');
    expect(await table.snapshot()).toBeUndefined();
    expect(await lake.list()).toEqual([]);
    await append(table, someRows(0, 3));
    expect(await lake.list()).toEqual(['bronze.orders']);
  });

  test('shows what was appended, and another process sees it too', async () => {
    const table = lake.table('bronze.orders');
    await append(table, someRows(0, 10), ['city']);
    await append(table, someRows(10, 20), ['city']);
    expect(await idsOf(table)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    const other = openLake({ root, sql, now: () => clockMs }).table('bronze.orders');
    expect(await idsOf(other)).toEqual(await idsOf(table));
    expect((await other.snapshot())!.rows).toBe(20);
  });

  test('survives checkpoints and the loss of the commits before them', async () => {
    const table = lake.table('silver.orders');
    for (let i = 0; i < 25; i++) await append(table, someRows(i, i + 1), ['city']);
    const log = path.join(table.location, '_delta_log');
    for (let i = 0; i < 20; i++) await fs.rm(path.join(log, `${String(i).padStart(20, '0')}.json`));
    const other = openLake({ root, sql, now: () => clockMs }).table('silver.orders');
    expect(await idsOf(other)).toEqual(Array.from({ length: 25 }, (_, i) => i));
    expect((await other.snapshot())!.columns).toEqual((await table.snapshot())!.columns);
  });
});
