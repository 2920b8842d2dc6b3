/** The engine's own small database, `meta.db`: saved queries, the history of queries, and the reports of runs. */
import Database from 'better-sqlite3';
import type { HistoryEntry, QueryState, RunReport, SavedQuery } from './contract/index.ts';
import { TiffinError } from './errors.ts';

const version = 1;
const historyKept = 1_000;

const schema = `
  CREATE TABLE saved_queries (name TEXT PRIMARY KEY, sql TEXT NOT NULL, saved_at_ms INTEGER NOT NULL) STRICT;
  CREATE TABLE query_history (query_id TEXT PRIMARY KEY, sql TEXT NOT NULL, phase TEXT NOT NULL, started_at_ms INTEGER NOT NULL,
    elapsed_ms INTEGER NOT NULL, rows INTEGER NOT NULL, error TEXT) STRICT;
  CREATE INDEX query_history_by_time ON query_history (started_at_ms);
  CREATE TABLE runs (id INTEGER PRIMARY KEY, started_at_ms INTEGER NOT NULL, report TEXT NOT NULL) STRICT;
`;

export interface Meta {
  save(query: SavedQuery): void;
  remove(name: string): void;
  saved(): SavedQuery[];
  remember(state: QueryState): void;
  history(): HistoryEntry[];
  rememberRun(startedAtMs: number, report: RunReport): void;
  close(): void;
}

interface HistoryRow {
  query_id: string;
  sql: string;
  phase: HistoryEntry['phase'];
  started_at_ms: number;
  elapsed_ms: number;
  rows: number;
  error: string | null;
}

export const openMeta = (path: string): Meta => {
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  migrate(db, path);
  const insertHistory = db.prepare('INSERT OR REPLACE INTO query_history VALUES (?, ?, ?, ?, ?, ?, ?)');
  const trimHistory = db.prepare(
    `DELETE FROM query_history WHERE started_at_ms < (SELECT started_at_ms FROM query_history ORDER BY started_at_ms DESC LIMIT 1 OFFSET ${historyKept})`,
  );
  return {
    save: ({ name, sql }) =>
      void db.prepare('INSERT OR REPLACE INTO saved_queries VALUES (?, ?, ?)').run(name, sql, Date.now()),
    remove: (name) => void db.prepare('DELETE FROM saved_queries WHERE name = ?').run(name),
    saved: () => db.prepare<[], SavedQuery>('SELECT name, sql FROM saved_queries ORDER BY name').all(),
    remember: ({ queryId, sql, phase, startedAtMs, elapsedMs, rows, problem }) => {
      insertHistory.run(queryId, sql, phase, startedAtMs, Math.round(elapsedMs), rows, problem?.message ?? null);
      trimHistory.run();
    },
    history: () =>
      db
        .prepare<[], HistoryRow>('SELECT * FROM query_history ORDER BY started_at_ms DESC LIMIT 500')
        .all()
        .map(entryOf),
    rememberRun: (startedAtMs, report) =>
      void db
        .prepare('INSERT INTO runs (started_at_ms, report) VALUES (?, ?)')
        .run(startedAtMs, JSON.stringify(report)),
    close: () => void db.close(),
  };
};

const entryOf = (row: HistoryRow): HistoryEntry => ({
  queryId: row.query_id,
  sql: row.sql,
  phase: row.phase,
  startedAtMs: row.started_at_ms,
  elapsedMs: row.elapsed_ms,
  rows: row.rows,
  ...(row.error !== null && { error: row.error }),
});

const migrate = (db: Database.Database, path: string): void => {
  const found = db.pragma('user_version', { simple: true }) as number;
  if (found === version) return;
  if (found !== 0)
    throw new TiffinError(
      'UNKNOWN_META_VERSION',
      `${path} has version ${found}; this Tiffin knows version ${version}.`,
      'Use the Tiffin that made it.',
    );
  db.transaction(() => {
    db.exec(schema);
    db.pragma(`user_version = ${version}`);
  })();
};
