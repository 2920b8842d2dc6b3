/** The query room's inside: what runs in the query process. */
import { duckdbSql, openLake, type JsonValue, type Snapshot } from '../../../lake/index.ts';
import type { CatalogTable, Completion, QueryPage, QueryState } from '../../contract/index.ts';
import { catalogTable } from './catalog.ts';
import { compareTables, type TableComparison } from './compare.ts';
import { complete } from './complete.ts';
import { openDatabase, type DatabaseConfig } from './database.ts';
import { defaultLimits, Results, type ExportFormat, type ResultLimits } from './results.ts';
import { QueryRunner } from './runner.ts';
import { openViews } from './views.ts';

export type { TableComparison } from './compare.ts';
export type { ExportFormat } from './results.ts';

export interface QuerySessionConfig extends DatabaseConfig {
  readonly limits?: ResultLimits;
}

/** A table's progress, as its newest commit tells. */
export interface TableProgress {
  readonly name: string;
  readonly version: number;
  readonly rows: number;
  readonly counters: Readonly<Record<string, number>> | null;
  readonly columns: readonly string[];
}

export interface QuerySession {
  run(queryId: string, sql: string): QueryState;
  cancel(queryId: string): QueryState;
  page(queryId: string, offset: number, limit: number): Promise<QueryPage>;
  complete(sql: string, cursor: number): Promise<Completion[]>;
  catalog(): Promise<CatalogTable[]>;
  export(queryId: string, format: ExportFormat, path: string): Promise<void>;
  /** The progress of all tables, and the rows of our own statements over exactly those versions. For the audit. */
  inspect(statements: readonly string[]): Promise<{ tables: TableProgress[]; rows: Record<string, JsonValue>[][] }>;
  /** Holds the shop's database against its copies in the lake. For the audit. */
  compare(oltpPath: string): Promise<TableComparison[]>;
  stop(): Promise<void>;
}

export const openQuerySession = async (
  config: QuerySessionConfig,
  tell: (state: QueryState) => void,
): Promise<QuerySession> => {
  const database = await openDatabase(config);
  const sql = duckdbSql(database.inner);
  const lake = openLake({ root: config.lakeDir, sql, now: Date.now });
  const views = openViews(lake, sql);
  const results = new Results(database.quick, config.limits ?? defaultLimits);
  const runner = new QueryRunner({ pool: database.pool, views, results, tell });
  return {
    run: (queryId, text) => runner.start(queryId, text),
    cancel: (queryId) => runner.cancel(queryId),
    page: (queryId, offset, limit) => results.page(queryId, offset, limit),
    complete: (text, cursor) => complete(database.quick, views.tables(), text, cursor),
    catalog: async () => {
      await views.refresh();
      return [...views.tables()].map(([name, snapshot]) => catalogTable(name, snapshot)).toSorted(byName);
    },
    export: (queryId, format, path) => results.export(queryId, format, path),
    inspect: async (statements) => {
      await views.refresh();
      const tables = [...views.tables()].map(([name, snapshot]) => progressOf(name, snapshot));
      const rows: Record<string, JsonValue>[][] = [];
      for (const statement of statements) rows.push(await sql.rows(statement));
      return { tables, rows };
    },
    compare: async (oltpPath) => {
      await views.refresh();
      return compareTables(sql, views.tables(), oltpPath, config.tmpDir);
    },
    stop: () => Promise.resolve(database.close()),
  };
};

const byName = (a: CatalogTable, b: CatalogTable): number => (a.name < b.name ? -1 : 1);

const progressOf = (name: string, snapshot: Snapshot): TableProgress => ({
  name,
  version: snapshot.version,
  rows: snapshot.rows,
  counters: snapshot.counters ?? null,
  columns: snapshot.columns.map((column) => column.name),
});
