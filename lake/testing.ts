/** What the lake's tests share: a DuckDB and a lake in a folder whose name is as odd as a user's may be. */
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect } from 'vitest';
import { duckdbSql, openLake, scanSql } from './index.ts';
import type { Column, Lake, LakeOptions, Sql, Table } from './index.ts';

export interface Bench {
  root: string;
  sql: Sql;
  lake: Lake;
  /** Milliseconds; the lake's `now`. */
  clock: { ms: number };
  /** As another process would. */
  reopen(options?: Partial<LakeOptions>): Lake;
  close(): Promise<void>;
}

export async function openBench(): Promise<Bench> {
  const root = await fs.mkdtemp(path.join(os.tmpdir(), "tiffin lake 'ü= [x]-"));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'Asia/Kolkata'");
  const sql = duckdbSql(connection);
  const clock = { ms: Date.UTC(2024, 5, 1) };
  const reopen = (options: Partial<LakeOptions> = {}) => openLake({ root, sql, now: () => clock.ms, ...options });
  const close = async () => {
    connection.closeSync();
    instance.closeSync();
    await fs.rm(root, { recursive: true, force: true });
  };
  return { root, sql, lake: reopen(), clock, reopen, close };
}

/** Appends the rows, creating the table if need be; gives the version. */
export async function append(
  table: Table,
  select: string,
  columns: Column[],
  partitionBy: string[] = [],
): Promise<number> {
  const snapshot = await table.snapshot();
  const add = await table.write(select, { columns, partitionBy });
  const readVersion = snapshot?.version ?? -1;
  const result = await table.commit({
    readVersion,
    operation: 'WRITE',
    columns,
    ...(snapshot ? {} : { partitionBy }),
    add,
  });
  expect(result).toEqual({ kind: 'committed', version: readVersion + 1 });
  return result.version;
}

export async function rowsOf(sql: Sql, table: Table, order: string): Promise<Record<string, unknown>[]> {
  const { files, columns, partitionBy } = (await table.snapshot())!;
  return await sql.rows(`SELECT * FROM ${scanSql(table, files, columns, partitionBy)} ORDER BY ${order}`);
}
