/**
 * The shop's change log, read only. The log is append-only and its positions commit in order (SQLite has one writer), so what
 * was read up to a position never changes, and `position` says exactly where to go on.
 */
import { statSync } from 'node:fs';
import Database from 'better-sqlite3';

export interface ChangeRow {
  readonly position: number;
  readonly xid: number;
  readonly table_name: string;
  readonly type: 'insert' | 'update' | 'delete';
  readonly key: string;
  readonly data: string;
  readonly old: string | null;
  readonly ts_ms: number;
}

/** What is at a position, to tell the same log from another one. */
export interface Mark {
  readonly position: number;
  readonly xid: number;
  readonly key: string;
  readonly tsMs: number;
}

export interface TableAccount {
  readonly table: string;
  readonly rows: number;
  /** rows that the log says there are */
  readonly logged: number;
}

const columns = 'position, xid, table_name, type, key, data, old, ts_ms';
/** The last change of each key up to a position; SQLite takes the bare column from the row that has the maximum. */
const lastOfEachKey = `SELECT max(position) AS position, table_name, type FROM _changes WHERE position <= ? GROUP BY table_name, key`;

export class ChangeLog {
  readonly #db: Database.Database;
  readonly #path: string;
  readonly #inode: string;

  /** undefined: the file, or the log in it, does not exist yet. */
  static open(path: string): ChangeLog | undefined {
    const inode = inodeOf(path);
    if (inode === undefined) return undefined;
    const db = new Database(path, { readonly: true, fileMustExist: true, timeout: 1_000 });
    const found = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_changes'").get();
    if (found !== undefined) return new ChangeLog(db, path, inode);
    db.close();
    return undefined;
  }

  private constructor(db: Database.Database, path: string, inode: string) {
    this.#db = db;
    this.#path = path;
    this.#inode = inode;
  }

  /** Whether the path still leads to the file that is open. */
  isCurrent(): boolean {
    return inodeOf(this.#path) === this.#inode;
  }

  lastPosition(): number {
    const row = this.#db.prepare<[], { last: number | null }>('SELECT max(position) AS last FROM _changes').get();
    return row?.last ?? 0;
  }

  after(position: number, limit: number): ChangeRow[] {
    const sql = `SELECT ${columns} FROM _changes WHERE position > ? ORDER BY position LIMIT ?`;
    return this.#db.prepare<[number, number], ChangeRow>(sql).all(position, limit);
  }

  markAt(position: number): Mark | undefined {
    const [row] = this.after(position - 1, 1);
    return row?.position === position ? markOf(row) : undefined;
  }

  /** The end of the log, and for each table how many rows it has and how many the log accounts for: all at one moment. */
  survey(): { position: number; tables: TableAccount[] } {
    return this.#db.transaction(() => {
      const position = this.lastPosition();
      const logged = this.snapshotCounts(position);
      const tables = this.#tables().map((table) => {
        const row = this.#db.prepare<[], { rows: number }>(`SELECT count(*) AS rows FROM "${table}"`).get();
        return { table, rows: row!.rows, logged: logged.get(table) ?? 0 };
      });
      return { position, tables };
    })();
  }

  /** The rows that were there at a position are the last changes of their keys up to it: the positions of these, in order. */
  snapshotPositions(position: number): number[] {
    const sql = `SELECT position FROM (${lastOfEachKey}) WHERE type <> 'delete' ORDER BY position`;
    return this.#db.prepare<[number], number>(sql).pluck().all(position);
  }

  snapshotCounts(position: number): Map<string, number> {
    return this.#counts(
      `SELECT table_name, count(*) AS rows FROM (${lastOfEachKey}) WHERE type <> 'delete' GROUP BY 1`,
      [position],
    );
  }

  /** By table, the changes in (from, to]. */
  changeCounts(from: number, to: number): Map<string, number> {
    const sql = `SELECT table_name, count(*) AS rows FROM _changes WHERE position > ? AND position <= ? GROUP BY 1`;
    return this.#counts(sql, [from, to]);
  }

  close(): void {
    this.#db.close();
  }

  #counts(sql: string, parameters: number[]): Map<string, number> {
    const rows = this.#db.prepare<number[], { table_name: string; rows: number }>(sql).all(...parameters);
    return new Map(rows.map((row) => [row.table_name, row.rows]));
  }

  #tables(): string[] {
    const sql = `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`;
    return this.#db.prepare<[], string>(sql).pluck().all();
  }
}

export function markOf(row: ChangeRow): Mark {
  return { position: row.position, xid: row.xid, key: row.key, tsMs: row.ts_ms };
}

function inodeOf(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`;
}
