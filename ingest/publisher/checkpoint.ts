/**
 * ingest.db: what of the publisher's knowledge outlives the process. It may lag behind Kafka (the tails are read from where it
 * ends), but is never ahead of it: a row is written only after the broker has acknowledged.
 */
import Database from 'better-sqlite3';
import { Failure } from '../failure.ts';
import type { PartitionState, Positions } from './positions.ts';

const formatVersion = 1;

/** `last`: the last sequence of each source in the partition, as a JSON object. */
const schema = `
  CREATE TABLE partitions (topic TEXT, partition INTEGER, next_offset INTEGER NOT NULL, last TEXT NOT NULL,
    PRIMARY KEY (topic, partition)) STRICT;
  CREATE TABLE sources (source TEXT PRIMARY KEY, next_sequence INTEGER NOT NULL) STRICT;
  CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  PRAGMA user_version = ${formatVersion};`;

export interface Checkpoint {
  load(positions: Positions): void;
  /** All of it or nothing, so that a source's next sequence never goes beyond what its partitions are known to hold. */
  save(partitions: readonly PartitionState[], sources: ReadonlyMap<string, number>): void;
  /** Small facts that others keep here, as JSON. */
  fact(name: string): unknown;
  saveFact(name: string, value: unknown): void;
  close(): void;
}

export function openCheckpoint(path: string): Checkpoint {
  const db = openDatabase(path);
  const savePartition = db.prepare('INSERT OR REPLACE INTO partitions VALUES (?, ?, ?, ?)');
  const saveSource = db.prepare('INSERT OR REPLACE INTO sources VALUES (?, ?)');
  const readFact = db.prepare<[string], { value: string }>('SELECT value FROM facts WHERE name = ?');
  const saveFact = db.prepare('INSERT OR REPLACE INTO facts VALUES (?, ?)');

  const save: Checkpoint['save'] = db.transaction((partitions, sources) => {
    for (const { topic, partition, offset, last } of partitions)
      savePartition.run(topic, partition, offset, JSON.stringify(Object.fromEntries(last)));
    for (const [source, nextSequence] of sources) saveSource.run(source, nextSequence);
  });
  return {
    load: (positions) => load(db, positions),
    save,
    fact: (name) => {
      const row = readFact.get(name);
      return row === undefined ? undefined : (JSON.parse(row.value) as unknown);
    },
    saveFact: (name, value) => void saveFact.run(name, JSON.stringify(value)),
    close: () => void db.close(),
  };
}

function openDatabase(path: string): Database.Database {
  try {
    return openedDatabase(path);
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error;
    const hint =
      'Look whether the folder can be written and the disk has space; if the file is damaged, start a new workspace.';
    throw new Failure('STATE_NOT_USABLE', `${path} cannot be opened: ${error.message}.`, hint, error);
  }
}

function openedDatabase(path: string): Database.Database {
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  const version = Number(db.pragma('user_version', { simple: true }));
  if (version === 0) db.exec(`BEGIN; ${schema} COMMIT;`);
  else if (version !== formatVersion) {
    db.close();
    throw new Failure(
      'STATE_VERSION_UNKNOWN',
      `${path} has format version ${version}, and this version of Tiffin knows only ${formatVersion}.`,
      'Use the version of Tiffin that wrote this workspace, or start with a new workspace.',
    );
  }
  return db;
}

function load(db: Database.Database, positions: Positions): void {
  type PartitionRow = { topic: string; partition: number; next_offset: number; last: string };
  for (const row of db.prepare<[], PartitionRow>('SELECT * FROM partitions ORDER BY topic, partition').all()) {
    const last = new Map(Object.entries(JSON.parse(row.last) as Record<string, number>));
    positions.restore(row.topic, row.partition, row.next_offset, last);
  }
  type SourceRow = { source: string; next_sequence: number };
  for (const row of db.prepare<[], SourceRow>('SELECT * FROM sources').all())
    positions.nextSequence.set(row.source, row.next_sequence);
}
