/**
 * ingest.db: what of the publisher's knowledge outlives the process. It may lag behind Kafka (the tails are read from where it
 * ends), but is never ahead of it: a row is written only after the broker has acknowledged.
 */
import Database from 'better-sqlite3';
import { Failure } from '../failure.ts';
import type { PartitionState, Positions } from './positions.ts';

const formatVersion = 1;

const schema = `
  CREATE TABLE partitions (topic TEXT, partition INTEGER, next_offset INTEGER NOT NULL, PRIMARY KEY (topic, partition)) STRICT;
  CREATE TABLE last_sequences (topic TEXT, partition INTEGER, source TEXT, sequence INTEGER NOT NULL,
    PRIMARY KEY (topic, partition, source)) STRICT;
  CREATE TABLE sources (source TEXT PRIMARY KEY, next_sequence INTEGER NOT NULL) STRICT;
  CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  PRAGMA user_version = ${formatVersion};`;

export interface Checkpoint {
  load(positions: Positions): void;
  savePartitions(states: Iterable<PartitionState>): void;
  saveSource(source: string, nextSequence: number): void;
  /** Small facts that others keep here, as JSON. */
  fact(name: string): unknown;
  saveFact(name: string, value: unknown): void;
  close(): void;
}

export function openCheckpoint(path: string): Checkpoint {
  const db = openDatabase(path);
  const savePartition = db.prepare('INSERT OR REPLACE INTO partitions VALUES (?, ?, ?)');
  const clearSequences = db.prepare('DELETE FROM last_sequences WHERE topic = ? AND partition = ?');
  const saveSequence = db.prepare('INSERT INTO last_sequences VALUES (?, ?, ?, ?)');
  const saveSource = db.prepare('INSERT OR REPLACE INTO sources VALUES (?, ?)');
  const readFact = db.prepare<[string], { value: string }>('SELECT value FROM facts WHERE name = ?');
  const saveFact = db.prepare('INSERT OR REPLACE INTO facts VALUES (?, ?)');

  const savePartitions = db.transaction((states: Iterable<PartitionState>) => {
    for (const { topic, partition, offset, last } of states) {
      savePartition.run(topic, partition, offset);
      clearSequences.run(topic, partition);
      for (const [source, sequence] of last) saveSequence.run(topic, partition, source, sequence);
    }
  });
  return {
    load: (positions) => load(db, positions),
    savePartitions: (states) => savePartitions(states),
    saveSource: (source, nextSequence) => void saveSource.run(source, nextSequence),
    fact: (name) => {
      const row = readFact.get(name);
      return row === undefined ? undefined : (JSON.parse(row.value) as unknown);
    },
    saveFact: (name, value) => void saveFact.run(name, JSON.stringify(value)),
    close: () => void db.close(),
  };
}

function openDatabase(path: string): Database.Database {
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
  type SequenceRow = { topic: string; partition: number; source: string; sequence: number };
  const sequences = db.prepare<[], SequenceRow>('SELECT * FROM last_sequences').all();
  const byPartition = Map.groupBy(sequences, (row) => `${row.topic}/${row.partition}`);
  type PartitionRow = { topic: string; partition: number; next_offset: number };
  for (const row of db.prepare<[], PartitionRow>('SELECT * FROM partitions ORDER BY topic, partition').all()) {
    const ofPartition = byPartition.get(`${row.topic}/${row.partition}`) ?? [];
    const last = new Map(ofPartition.map(({ source, sequence }) => [source, sequence]));
    positions.restore(row.topic, row.partition, row.next_offset, last);
  }
  type SourceRow = { source: string; next_sequence: number };
  for (const row of db.prepare<[], SourceRow>('SELECT * FROM sources').all())
    positions.nextSequence.set(row.source, row.next_sequence);
}
