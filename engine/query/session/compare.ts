/**
 * Is a table of the shop's database the same as its copy in the lake, row by row and value by value? For the audit, at rest:
 * SQLite's rows go through a temporary file into DuckDB, which subtracts the two from each other, both ways.
 */
import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Snapshot, Sql } from '../../../lake/index.ts';
import { quoteName, quoteTable, quoteText } from './quote.ts';

export interface TableComparison {
  readonly table: string;
  readonly copy: string;
  readonly rows: number;
  readonly copied: number;
  /** rows of the database that the copy lacks, or has with other values */
  readonly missing: number;
  /** rows of the copy that the database lacks, or has with other values */
  readonly extra: number;
}

const copyOf = (table: string): string => `silver.${table}_current`;
const flushBytes = 1 << 16;

/** Compares every table of the database that has a copy `silver.<table>_current`. */
export const compareTables = async (
  sql: Sql,
  snapshots: ReadonlyMap<string, Snapshot>,
  oltpPath: string,
  tmpDir: string,
): Promise<TableComparison[]> => {
  if (!existsSync(oltpPath)) return [];
  const db = new Database(oltpPath, { readonly: true, timeout: 10_000 });
  try {
    const tables = db
      .prepare<[], { name: string }>(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`)
      .all();
    const compared: TableComparison[] = [];
    for (const { name } of tables) {
      const copy = snapshots.get(copyOf(name));
      if (copy) compared.push(await compare(sql, db, name, copy, tmpDir));
    }
    return compared;
  } finally {
    db.close();
  }
};

const compare = async (
  sql: Sql,
  db: Database.Database,
  table: string,
  copy: Snapshot,
  tmpDir: string,
): Promise<TableComparison> => {
  const file = join(tmpDir, `compare-${table}.jsonl`);
  const own = new Set(
    db
      .prepare<[], { name: string }>(`PRAGMA table_info(${quoteName(table)})`)
      .all()
      .map(({ name }) => name),
  );
  const columns = copy.columns.filter(({ name }) => own.has(name));
  try {
    await dump(db, table, file);
    const names = columns.map(({ name }) => quoteName(name)).join(', ');
    const types = columns.map(({ name, type }) => `${quoteName(name)}: ${quoteText(type)}`).join(', ');
    const [counts] = await sql.rows(`
      WITH database AS (SELECT ${names} FROM read_json(${quoteText(file)}, format = 'newline_delimited', columns = {${types}})),
           copy AS (SELECT ${names} FROM ${quoteTable(copyOf(table))})
      SELECT (SELECT count(*) FROM database) AS rows, (SELECT count(*) FROM copy) AS copied,
        (SELECT count(*) FROM (FROM database EXCEPT ALL FROM copy)) AS missing,
        (SELECT count(*) FROM (FROM copy EXCEPT ALL FROM database)) AS extra`);
    const { rows, copied, missing, extra } = counts!;
    const figures = { rows: Number(rows), copied: Number(copied), missing: Number(missing), extra: Number(extra) };
    return { table, copy: copyOf(table), ...figures };
  } finally {
    await rm(file, { force: true });
  }
};

const dump = async (db: Database.Database, table: string, file: string): Promise<void> => {
  const out = createWriteStream(file);
  let text = '';
  for (const row of db.prepare<[], object>(`SELECT * FROM ${quoteName(table)}`).iterate()) {
    text += `${JSON.stringify(row)}\n`;
    if (text.length < flushBytes) continue;
    const flowing = out.write(text);
    text = '';
    if (!flowing) await once(out, 'drain');
  }
  out.end(text);
  await once(out, 'finish');
};
