/** Opening our SQLite files: made when missing, of a version that we know, and safe against kill -9. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { messageOf, SimulatorError } from './failure.ts';

/**
 * Opens or creates the file and runs `schema` on a new one. WAL with synchronous NORMAL: a killed process loses nothing
 * that was committed; a power cut may lose the newest commits, but leaves a sound file.
 */
export function openDatabase(path: string, version: number, schema: string): Database.Database {
  let db: Database.Database | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    db = new Database(path, { timeout: 10_000 });
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
    prepareSchema(db, path, version, schema);
    return db;
  } catch (error) {
    db?.close();
    if (error instanceof SimulatorError) throw error;
    throw new SimulatorError(
      'DATABASE_UNUSABLE',
      `The database ${path} cannot be opened: ${messageOf(error)}.`,
      'Check that the folder is writable, that the disk has room, and that the file is an SQLite database.',
      error,
    );
  }
}

function prepareSchema(db: Database.Database, path: string, version: number, schema: string): void {
  const found = db.pragma('user_version', { simple: true });
  if (found === version) return;
  if (found !== 0)
    throw new SimulatorError(
      'DATABASE_VERSION_UNKNOWN',
      `The database ${path} has format version ${String(found)}; this Tiffin knows version ${version}.`,
      'Open the workspace with the Tiffin that made it, or start with a new workspace.',
    );
  db.transaction(() => {
    db.exec(schema);
    db.pragma(`user_version = ${version}`);
  }).immediate();
}
