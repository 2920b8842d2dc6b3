/**
 * The ledger: what is true. For every source and topic, how many events were generated and how many the gateway has
 * acknowledged (that is: are in Kafka). The audit holds every hop of the platform against it.
 *
 * A killed process may leave the ledger a second behind; on resuming, the counts are computed again from the position that
 * the gateway names, so they are exact and not guessed. `marks` are positions from which that is quick.
 */
import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { openDatabase } from './database.ts';
import { messageOf, SimulatorError } from './failure.ts';
import type { Mark } from './stream.ts';

export interface TopicCounts {
  generated: number;
  acknowledged: number;
}

export interface LedgerSource {
  source: string;
  kind: 'simulator' | 'replay';
  /** What the source generates from: the world's key, or the file's SHA-256. */
  identity: string;
  /** For people: the seed, or the path of the file. */
  detail: string;
  generated: number;
  acknowledged: number;
  topics: Record<string, TopicCounts>;
}

export interface LedgerReport {
  sources: LedgerSource[];
  /** Over all sources. */
  topics: Record<string, TopicCounts>;
}

export interface Ledger {
  /** Adds the source, or checks that it is the one that we know under that name. */
  register(source: Pick<LedgerSource, 'source' | 'kind' | 'identity' | 'detail'>): void;
  save(source: string, topics: ReadonlyMap<string, TopicCounts>, mark?: Mark): void;
  /** The nearest mark at or before a sequence. */
  markBefore(source: string, sequence: number): Mark | undefined;
  close(): void;
}

const version = 1;
const schema = `
CREATE TABLE sources (source TEXT PRIMARY KEY NOT NULL, kind TEXT NOT NULL, identity TEXT NOT NULL, detail TEXT NOT NULL) STRICT;
CREATE TABLE counts (
  source TEXT NOT NULL, topic TEXT NOT NULL, generated INTEGER NOT NULL, acknowledged INTEGER NOT NULL,
  PRIMARY KEY (source, topic)
) STRICT, WITHOUT ROWID;
CREATE TABLE marks (
  source TEXT NOT NULL, sequence INTEGER NOT NULL, minute INTEGER NOT NULL, counts TEXT NOT NULL,
  PRIMARY KEY (source, sequence)
) STRICT, WITHOUT ROWID;
`;

export function openLedger(path: string): Ledger {
  const db = openDatabase(path, version, schema);
  const known = db.prepare<[string], { identity: string }>('SELECT identity FROM sources WHERE source = ?');
  const add = db.prepare(
    'INSERT INTO sources (source, kind, identity, detail) VALUES (:source, :kind, :identity, :detail)',
  );
  const count = db.prepare('INSERT OR REPLACE INTO counts VALUES (?, ?, ?, ?)');
  const addMark = db.prepare('INSERT OR IGNORE INTO marks VALUES (?, ?, ?, ?)');
  const before = db.prepare<[string, number], { sequence: number; minute: number; counts: string }>(
    'SELECT sequence, minute, counts FROM marks WHERE source = ? AND sequence <= ? ORDER BY sequence DESC LIMIT 1',
  );
  const save = db.transaction((source: string, topics: ReadonlyMap<string, TopicCounts>, mark?: Mark) => {
    for (const [topic, { generated, acknowledged }] of topics) count.run(source, topic, generated, acknowledged);
    if (mark !== undefined) addMark.run(source, mark.sequence, mark.minute, JSON.stringify(mark.counts));
  });
  return {
    register({ source, kind, identity, detail }) {
      const found = known.get(source);
      if (found === undefined) add.run({ source, kind, identity, detail });
      else if (found.identity !== identity) throw otherIdentity(path, source, kind);
    },
    save(source, topics, mark) {
      try {
        save.immediate(source, topics, mark);
      } catch (error) {
        throw writeFailed(path, error);
      }
    },
    markBefore(source, sequence) {
      const row = before.get(source, sequence);
      return row && { ...row, counts: JSON.parse(row.counts) as number[] };
    },
    close: () => void db.close(),
  };
}

function otherIdentity(path: string, source: string, kind: LedgerSource['kind']): SimulatorError {
  const what = kind === 'replay' ? 'the file has changed since' : 'the seed or the settings have changed since';
  return new SimulatorError(
    'SOURCE_CHANGED',
    `The source ${source} has run before according to ${path}, and ${what}.`,
    'What was sent cannot be continued with other content: start it under another source name or in a new workspace.',
  );
}

function writeFailed(path: string, error: unknown): SimulatorError {
  return new SimulatorError(
    'LEDGER_WRITE_FAILED',
    `The ledger ${path} cannot be written: ${messageOf(error)}.`,
    'Check that the disk has room and that the folder is writable; the counts are computed again on the next start.',
    error,
  );
}

/** Reads the ledger as it is now, also while a simulator writes it. A ledger that is not there is empty. */
export function readLedger(path: string): LedgerReport {
  if (!existsSync(path)) return { sources: [], topics: {} };
  const db = new Database(path, { readonly: true, timeout: 10_000 });
  try {
    return reportOf(db, path);
  } finally {
    db.close();
  }
}

type SourceRow = Pick<LedgerSource, 'source' | 'kind' | 'identity' | 'detail'>;
type CountRow = TopicCounts & { source: string; topic: string };

function reportOf(db: Database.Database, path: string): LedgerReport {
  const found = db.pragma('user_version', { simple: true });
  if (found === 0) return { sources: [], topics: {} }; // being made this very moment
  if (found !== version)
    throw new SimulatorError(
      'DATABASE_VERSION_UNKNOWN',
      `The ledger ${path} has format version ${String(found)}; this Tiffin knows version ${version}.`,
      'Open the workspace with the Tiffin that made it.',
    );
  const rows = db
    .prepare<[], CountRow>('SELECT source, topic, generated, acknowledged FROM counts ORDER BY topic')
    .all();
  const sources = db.prepare<[], SourceRow>('SELECT source, kind, identity, detail FROM sources ORDER BY rowid').all();
  return {
    sources: sources.map((source) => {
      const topics = sumByTopic(rows.filter((row) => row.source === source.source));
      return { ...source, ...total(Object.values(topics)), topics };
    }),
    topics: sumByTopic(rows),
  };
}

function sumByTopic(rows: readonly CountRow[]): Record<string, TopicCounts> {
  const byTopic = Map.groupBy(rows, (row) => row.topic);
  return Object.fromEntries([...byTopic].map(([topic, counts]) => [topic, total(counts)]));
}

function total(counts: readonly TopicCounts[]): TopicCounts {
  return {
    generated: counts.reduce((sum, { generated }) => sum + generated, 0),
    acknowledged: counts.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
  };
}
