/**
 * The lake's tables as views of the query process. Before each query the views of tables that have a newer version are made
 * anew: one cheap listing per table tells. A query keeps the version it began with.
 */
import { scanSql, type Lake, type Snapshot, type Sql, type Table } from '../../../lake/index.ts';
import { quoteTable } from './quote.ts';

export interface Views {
  /** Brings the views up to date: those named (as written in a query), or all. */
  refresh(names?: readonly string[]): Promise<void>;
  /** The tables that exist, with the snapshot that their views show. */
  tables(): ReadonlyMap<string, Snapshot>;
}

export const openViews = (lake: Lake, sql: Sql): Views => {
  const shown = new Map<string, Snapshot>();
  let running: Promise<void> = Promise.resolve();

  const show = async (table: Table): Promise<void> => {
    const snapshot = await table.snapshot();
    const before = shown.get(table.name);
    if (!snapshot || before?.version === snapshot.version) return;
    const scan = scanSql(table, [...snapshot.files], snapshot.columns, snapshot.partitionBy);
    const [schema] = table.name.split('.');
    await sql.run(`CREATE SCHEMA IF NOT EXISTS ${quoteTable(schema!)}`);
    await sql.run(`CREATE OR REPLACE VIEW ${quoteTable(table.name)} AS SELECT * FROM ${scan}`);
    shown.set(table.name, snapshot);
  };

  const refresh = async (names: readonly string[] | undefined): Promise<void> => {
    const existing = await lake.list();
    for (const gone of [...shown.keys()].filter((name) => !existing.includes(name))) {
      await sql.run(`DROP VIEW IF EXISTS ${quoteTable(gone)}`);
      shown.delete(gone);
    }
    const wanted = names?.length ? existing.filter((name) => names.includes(name) || !shown.has(name)) : existing;
    for (const name of wanted) await show(lake.table(name));
  };

  return {
    // One after the other: two queries that start together should not make the same views twice.
    refresh: (names) => {
      const next = running.then(() => refresh(names));
      running = next.catch(() => undefined);
      return next;
    },
    tables: () => shown,
  };
};
