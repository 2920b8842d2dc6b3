/**
 * Change data capture: the shop's change log → `cdc.shop.<table>`, the snapshot first, then every change, each exactly once.
 *
 * The log is complete (triggers have written it since the tables were made), so the snapshot at position P is a matter of the
 * log too: the last change up to P of each key that is not deleted. P is chosen once and kept in ingest.db; as the log never
 * changes below P, the same snapshot can be read again at any time. A record's sequence is its change's position, both in the
 * snapshot and after it, so the publisher's next sequence is all there is to know in order to resume.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, type Log, messageOf } from '../failure.ts';
import type { Checkpoint } from '../publisher/checkpoint.ts';
import type { SourceRecord } from '../publisher/port.ts';
import type { Publisher } from '../publisher/publisher.ts';
import { ChangeLog, type ChangeRow, type Mark, markOf } from './changeLog.ts';
import { incomplete, missing, replaced, stateLost } from './failures.ts';
import { bootstrapMessage, changeMessage, topicOf } from './maxwell.ts';

export interface CdcConfig {
  readonly path: string;
  readonly publisher: Publisher;
  readonly checkpoint: Checkpoint;
  readonly log: Log;
  readonly now: () => number;
  readonly pollMs: number;
}

export interface CdcProblem {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export interface CdcMetrics {
  readonly state: 'waiting' | 'snapshot' | 'streaming' | 'failed' | 'stopped';
  readonly problem: CdcProblem | null;
  /** Everything up to here is in Kafka. */
  readonly position: number;
  /** The newest change in the log. */
  readonly lastPosition: number;
  readonly lagChanges: number;
  readonly snapshotPosition: number | null;
  readonly snapshotRows: number | null;
  /** messages since this process started */
  readonly published: number;
}

/** What has to be in Kafka: the audit compares it with the topics. */
export interface CdcCounts {
  readonly position: number;
  readonly tables: Readonly<
    Record<string, { readonly topic: string; readonly bootstrap: number; readonly changes: number }>
  >;
}

interface Snapshot {
  readonly position: number;
  readonly rows: number;
}

const source = 'cdc';
const rowsMax = 2_000;
const retryMs = 500;

export class Cdc {
  readonly #config: CdcConfig;
  #log: ChangeLog | undefined;
  #snapshot: Snapshot | undefined;
  /** Positions of the snapshot's rows, while it is being published. */
  #snapshotPositions: number[] | undefined;
  #mark: Mark | undefined;
  #state: CdcMetrics['state'] = 'waiting';
  #problem: Failure | null = null;
  #position = 0;
  #lastPosition = 0;
  #published = 0;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  constructor(config: CdcConfig) {
    this.#config = config;
    this.#snapshot = config.checkpoint.fact('cdc.snapshot') as Snapshot | undefined;
    this.#mark = config.checkpoint.fact('cdc.mark') as Mark | undefined;
    this.#running = this.#run();
  }

  metrics(): CdcMetrics {
    const { code, message, hint } = this.#problem ?? {};
    return {
      state: this.#state,
      problem: code === undefined ? null : { code, message: message!, hint: hint! },
      position: this.#position,
      lastPosition: this.#lastPosition,
      lagChanges: Math.max(0, this.#lastPosition - this.#position),
      snapshotPosition: this.#snapshot?.position ?? null,
      snapshotRows: this.#snapshot?.rows ?? null,
      published: this.#published,
    };
  }

  /** Resolves when all changes that are in the log now are acknowledged by Kafka; rejects when that cannot come. */
  async drained(): Promise<{ position: number }> {
    const position = this.#openLog()?.lastPosition() ?? 0;
    while (this.#position < position) {
      if (this.#state === 'failed' && this.#problem !== null) throw this.#problem;
      if (this.#state === 'stopped')
        throw new Failure('STOPPED', 'Change data capture was stopped.', 'Start it again.');
      await sleep(10);
    }
    return { position };
  }

  /** By table, what was published up to now. */
  counts(): CdcCounts {
    const position = this.#position;
    const log = this.#openLog();
    if (log === undefined || this.#snapshot === undefined) return { position: 0, tables: {} };
    const bootstrap = log.snapshotCounts(this.#snapshot.position);
    const changes = log.changeCounts(this.#snapshot.position, position);
    const tables = [...new Set([...bootstrap.keys(), ...changes.keys()])].map((table) => {
      const counts = { bootstrap: bootstrap.get(table) ?? 0, changes: changes.get(table) ?? 0 };
      return [table, { topic: topicOf(table), ...counts }] as const;
    });
    return { position, tables: Object.fromEntries(tables) };
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#log?.close();
    this.#log = undefined;
    this.#state = 'stopped';
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      let pauseMs = this.#config.pollMs;
      try {
        if (await this.#step()) pauseMs = 0;
      } catch (error) {
        this.#failed(error);
        pauseMs = retryMs;
      }
      if (pauseMs > 0) await this.#pause(pauseMs);
    }
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#stopping;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done);
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      }
    });
  }

  #failed(error: unknown): void {
    const failure = error instanceof Failure ? error : foreign(error);
    const news = this.#problem?.code !== failure.code;
    this.#problem = failure;
    this.#state = waitsFor.has(failure.code) ? 'waiting' : 'failed';
    if (news && !this.#stopping.signal.aborted) this.#config.log('warn', failure.message, { code: failure.code });
  }

  /** Publishes the next rows; says whether there may be more at once. */
  async #step(): Promise<boolean> {
    const log = this.#openLog();
    if (log === undefined) return false;
    const next = await this.#config.publisher.nextSequence(source);
    this.#snapshot ??= await this.#takeSnapshot(log);
    this.#lastPosition = log.lastPosition();
    this.#position = Math.max(0, next - 1);
    const inSnapshot = next <= this.#snapshot.position;
    const more = inSnapshot ? await this.#bootstrap(log, this.#snapshot.position, next) : await this.#stream(log, next);
    this.#state = more && inSnapshot ? 'snapshot' : 'streaming';
    this.#problem = null;
    return more;
  }

  /** The log, if it is there; makes sure that it is the one that was read before. */
  #openLog(): ChangeLog | undefined {
    if (this.#log?.isCurrent() === false) {
      this.#log.close();
      this.#log = undefined;
    }
    this.#log ??= this.#verified(ChangeLog.open(this.#config.path));
    return this.#log;
  }

  #verified(log: ChangeLog | undefined): ChangeLog | undefined {
    const mark = this.#mark;
    if (mark === undefined) return log;
    if (log === undefined) throw missing(this.#config.path);
    const found = log.markAt(mark.position);
    const same = found !== undefined && found.xid === mark.xid && found.key === mark.key && found.tsMs === mark.tsMs;
    if (same) return log;
    log.close();
    throw replaced(this.#config.path, mark.position);
  }

  async #takeSnapshot(log: ChangeLog): Promise<Snapshot> {
    const { position, tables } = log.survey();
    const wrong = tables.find(({ rows, logged }) => rows !== logged);
    if (wrong !== undefined) throw incomplete(this.#config.path, wrong);
    const topics = tables.map(({ table }) => topicOf(table));
    const last = await this.#config.publisher.lastSequence(source, topics);
    if (last >= 0) throw stateLost(last);
    const snapshot = { position, rows: tables.reduce((sum, { rows }) => sum + rows, 0) };
    this.#saveMark(log.markAt(position));
    this.#config.checkpoint.saveFact('cdc.snapshot', snapshot);
    this.#config.log('info', `snapshot of the shop at position ${position}: ${snapshot.rows} rows`);
    return snapshot;
  }

  async #bootstrap(log: ChangeLog, position: number, next: number): Promise<boolean> {
    const positions = (this.#snapshotPositions ??= log.snapshotPositions(position));
    const due = positions.slice(lowerBound(positions, next), lowerBound(positions, next) + rowsMax);
    const rows = due.map((at) => log.after(at - 1, 1)[0]!);
    const isLast = due.length === 0 || due[due.length - 1] === positions[positions.length - 1];
    const nextSequence = isLast ? position + 1 : due[due.length - 1]! + 1;
    await this.#publish(next, nextSequence, rows, (row) => bootstrapMessage(row, position));
    if (isLast) this.#snapshotPositions = undefined;
    return true;
  }

  async #stream(log: ChangeLog, next: number): Promise<boolean> {
    const rows = log.after(next - 1, rowsMax + 1); // one more, to see whether a transaction ends
    const due = rows.slice(0, rowsMax);
    if (due.length === 0) return false;
    const ends = new Set(due.filter((row, index) => rows[index + 1]?.xid !== row.xid));
    const nextSequence = due[due.length - 1]!.position + 1;
    await this.#publish(next, nextSequence, due, (row) => changeMessage(row, ends.has(row)));
    return rows.length > rowsMax;
  }

  async #publish(
    firstSequence: number,
    nextSequence: number,
    rows: readonly ChangeRow[],
    encode: (row: ChangeRow) => Buffer,
  ): Promise<void> {
    const records: SourceRecord[] = rows.map((row) => {
      return { sequence: row.position, topic: topicOf(row.table_name), key: Buffer.from(row.key), value: encode(row) };
    });
    const timestampMs = this.#config.now();
    const outcome = await this.#config.publisher.publish({ source, timestampMs, firstSequence, nextSequence, records });
    if (outcome.kind === 'gap') return; // Kafka has lost records: the next step begins where it says
    this.#published += outcome.accepted;
    this.#position = outcome.nextSequence - 1;
    const last = rows[rows.length - 1];
    if (last !== undefined) this.#saveMark(markOf(last));
  }

  #saveMark(mark: Mark | undefined): void {
    if (mark === undefined || mark.position < (this.#mark?.position ?? 0)) return;
    this.#mark = mark;
    this.#config.checkpoint.saveFact('cdc.mark', mark);
  }
}

/** Problems that pass when something else comes back. */
const waitsFor: ReadonlySet<string> = new Set(['KAFKA_NOT_READY', 'KAFKA_AWAY', 'STOPPING', 'CDC_SOURCE_MISSING']);

/** The index of the first number that is not below `bound`. */
function lowerBound(sorted: readonly number[], bound: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What Kafka itself calls retriable (a topic that was made a moment ago has no leader yet) is waited for. */
function foreign(error: unknown): Failure {
  const isPassing = (error as { retriable?: unknown } | null)?.retriable === true;
  return new Failure(isPassing ? 'KAFKA_NOT_READY' : 'CDC_FAILED', messageOf(error), 'It is tried again.', error);
}
