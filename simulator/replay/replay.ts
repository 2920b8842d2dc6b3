/**
 * Replays a CSV: every row becomes an event on one topic, at a rate, resumable in the middle.
 *
 * A row's event_id is the file's content and the row's number, so replaying the file again sends the same events again,
 * which is for silver to see through. Within one run (one source name) the gateway's sequence keeps every row single.
 */
import { feed } from '../feed/feed.ts';
import type { FeedEnd } from '../feed/feed.ts';
import { Run } from '../feed/run.ts';
import type { RunConfig, RunStatus } from '../feed/run.ts';
import { openLedger } from '../ledger.ts';
import type { Ledger, TopicCounts } from '../ledger.ts';
import { checkCsv } from './check.ts';
import type { CsvFacts } from './check.ts';
import { RowReader, topicFor } from './lines.ts';
import type { RowLines } from './lines.ts';

export interface ReplayConfig extends RunConfig {
  path: string;
  /** Default: `replay.<name of the file>`; `replay.deliveries` for a file with those columns, whatever its name. */
  topic?: string;
  /** Only the first so many rows. */
  maxEvents?: number;
  ledgerPath: string;
}

export interface ReplayState extends RunStatus {
  generated: number;
  acknowledged: number;
}

export interface ReplayMetrics {
  topics: Record<string, TopicCounts>;
  generated: number;
  acknowledged: number;
  posts: number;
  retries: number;
  bytes: number;
}

export interface Replay {
  topic: string;
  file: CsvFacts;
  /** How many rows this run sends in all. */
  rows: number;
  pause(): void;
  resume(): void;
  setRate(ratePerSecond: number | null): void;
  state(): ReplayState;
  metrics(): ReplayMetrics;
  /** `finished`: every row is acknowledged. `stopped`: stop() came first. Rejects with a SimulatorError. */
  done: Promise<'finished' | 'stopped'>;
  stop(): Promise<void>;
}

const saveEveryMs = 1000;

/** Checks the whole file, then starts to send it. Rejects with a SimulatorError if the file is not sound: nothing is sent. */
export async function replayFile(config: ReplayConfig): Promise<Replay> {
  const file = await checkCsv(config.path);
  const topic = config.topic ?? topicFor(file);
  const tape = new Tape(config, file, topic);
  const run = new Run(config, {
    path: `/v1/topics/${encodeURIComponent(topic)}`,
    keyField: 'event_id',
    live: (started) => tape.live(started),
    close: () => tape.close(),
  });
  return {
    topic,
    file,
    rows: tape.rows,
    pause: () => run.pause(),
    resume: () => run.resume(),
    setRate: (ratePerSecond) => run.setRate(ratePerSecond),
    state: () => ({ ...run.status(), ...tape.counts() }),
    metrics: () => ({ ...tape.metrics(), retries: run.gateway.retries() }),
    done: run.done,
    stop: () => run.stop(),
  };
}

class Tape {
  readonly rows: number;
  readonly #config: ReplayConfig;
  readonly #topic: string;
  readonly #file: CsvFacts;
  readonly #ledger: Ledger;
  #generated = 0;
  #acknowledged = 0;
  #posts = 0;
  #bytes = 0;
  #savedAtMs: number;

  constructor(config: ReplayConfig, file: CsvFacts, topic: string) {
    this.#config = config;
    this.#topic = topic;
    this.#file = file;
    this.rows = Math.min(file.rows, config.maxEvents ?? Infinity);
    this.#ledger = openLedger(config.ledgerPath);
    this.#savedAtMs = config.now();
    try {
      const { source, path } = config;
      this.#ledger.register({ source, kind: 'replay', identity: `${file.sha256} ${topic}`, detail: path });
    } catch (error) {
      this.#ledger.close();
      throw error;
    }
  }

  async live(run: Run): Promise<FeedEnd> {
    const reader = new RowReader(this.#file);
    try {
      const answer = await run.gateway.nextSequence();
      if (answer.kind !== 'ok') return answer;
      await reader.skip(answer.value);
      this.#generated = answer.value;
      this.#acknowledged = answer.value;
      run.pacer.setRate(run.pacer.ratePerSecond, run.now());
      return await feed<RowLines>({
        ...run,
        take: (max) => this.#take(reader, max),
        acknowledged: (rows) => this.#book(rows),
      });
    } finally {
      await reader.close();
    }
  }

  counts(): TopicCounts {
    return { generated: this.#generated, acknowledged: this.#acknowledged };
  }

  metrics(): Omit<ReplayMetrics, 'retries'> {
    const counts = this.counts();
    return { ...counts, topics: { [this.#topic]: counts }, posts: this.#posts, bytes: this.#bytes };
  }

  close(): void {
    try {
      this.#save(this.#config.now());
    } finally {
      this.#ledger.close();
    }
  }

  async #take(reader: RowReader, max: number): Promise<RowLines | undefined> {
    const left = this.rows - this.#generated;
    // Asking for a row after the last one makes the reader compare the file with what was checked.
    const lines =
      left > 0 || this.#config.maxEvents === undefined ? await reader.take(Math.min(max, left || 1)) : undefined;
    this.#generated += lines?.count ?? 0;
    return lines;
  }

  #book(lines: RowLines): void {
    this.#posts++;
    this.#bytes += lines.body.length;
    this.#acknowledged += lines.count;
    const sinceMs = this.#config.now() - this.#savedAtMs;
    if (sinceMs >= saveEveryMs || sinceMs < 0) this.#save(this.#config.now());
  }

  #save(nowMs: number): void {
    this.#ledger.save(this.#config.source, new Map([[this.#topic, this.counts()]]));
    this.#savedAtMs = nowMs;
  }
}
