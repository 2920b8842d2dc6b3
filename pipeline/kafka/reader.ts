/**
 * Reads a flow's topics from exact offsets into a bounded batch. Nothing is read unless asked for, so back-pressure is
 * simply not asking; a filled batch can be taken while the next one is being filled.
 */
import type { Log } from '../log.ts';
import { PipelineError } from '../problems.ts';
import { RowBuffer, type RowChunk } from '../staging/rows.ts';
import { ProducedTimes } from '../runtime/freshness.ts';
import type { KafkaClient, PartitionLeader } from './client.ts';
import type { FetchedPartition } from './fetch-response.ts';
import { matchesGlob } from './glob.ts';
import { readRecords } from './records.ts';

export interface ReaderOptions {
  readonly client: KafkaClient;
  /** The table, for messages. */
  readonly table: string;
  readonly patterns: readonly string[];
  readonly startingOffsets: 'earliest' | 'latest';
  readonly rowsMax: number;
  readonly bytesMax: number;
  readonly log: Log;
}

/** Offsets [from, to) of a partition that a batch holds. */
export interface OffsetRange {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

export interface KafkaBatch {
  readonly rows: RowBuffer;
  readonly ranges: ReadonlyMap<string, OffsetRange>;
  readonly produced: ProducedTimes;
  /** Give the memory back. */
  release(): void;
}

interface Cursor {
  readonly topic: string;
  readonly partition: number;
  /** Next offset to read. */
  next: number;
  /** Next offset after the last batch that was taken. */
  taken: number;
  /** As of the last answer; -1: not asked yet. */
  end: number;
  /** Records from this offset on are not read: a batch is being repeated. */
  until: number;
}

export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  readonly next: number;
  readonly end: number;
}

/** One answer's size: a batch may be so much larger than its limit. */
const fetchBytesMax = 8 * 1024 * 1024;
const spareChunksMax = 6;

/** Codes after which the leaders must be looked up anew: 3 unknown topic, 5/6 no leader, 9 replica, 74–76 epochs. */
const leaderErrors = new Set([3, 5, 6, 9, 74, 75, 76]);
const offsetOutOfRange = 1;

export class TopicReader {
  private readonly options: ReaderOptions;
  private readonly cursors = new Map<string, Cursor>();
  private progress: ReadonlyMap<string, number>;
  private until: ReadonlyMap<string, number> | undefined;
  private readonly spare: RowChunk[] = [];
  private rows: RowBuffer;
  private produced = new ProducedTimes();
  private turn = 0;

  /** `progress`: next offset by `topic/partition`, as the lake has it. */
  constructor(options: ReaderOptions, progress: ReadonlyMap<string, number>) {
    this.options = options;
    this.progress = progress;
    this.rows = new RowBuffer(this.spare);
  }

  /** Start again from these offsets; what was read and not taken is dropped. With `until`, exactly up to there. */
  reset(progress: ReadonlyMap<string, number>, until?: ReadonlyMap<string, number>): void {
    this.progress = progress;
    this.until = until;
    this.cursors.clear();
    this.recycle(this.rows);
    this.rows = new RowBuffer(this.spare);
    this.produced = new ProducedTimes();
  }

  get isFull(): boolean {
    // A batch that is repeated must have the size that it had.
    if (this.until !== undefined) return false;
    return this.rows.rows >= this.options.rowsMax || this.rows.bytes >= this.options.bytesMax;
  }

  /** Topics that match now. */
  topics(): string[] {
    return [...new Set([...this.cursors.values()].map(({ topic }) => topic))].toSorted();
  }

  lag(): PartitionLag[] {
    return [...this.cursors.values()].map(({ topic, partition, taken, end }) => ({
      topic,
      partition,
      next: taken,
      end,
    }));
  }

  /** Is there more in Kafka, or read already, than was taken? As of the last answers. */
  get hasBacklog(): boolean {
    return [...this.cursors.values()].some(({ taken, end }) => taken < end);
  }

  /** Reads until the logs' ends as of now, or until the batch is full. */
  async fill(): Promise<void> {
    await this.findPartitions();
    const done = new Set<string>();
    while (!this.isFull) {
      const waiting = [...this.cursors].filter(([id, cursor]) => !done.has(id) && cursor.next < cursor.until);
      if (waiting.length === 0) return;
      const before = done.size;
      const rowsBefore = this.rows.rows;
      await this.fetchOnce(
        waiting.map(([, cursor]) => cursor),
        done,
      );
      // Neither rows nor an end: the broker has nothing to give now (no leader, or a log that is being moved).
      if (done.size === before && this.rows.rows === rowsBefore) return;
    }
  }

  take(): KafkaBatch {
    const ranges = new Map<string, OffsetRange>();
    for (const [id, cursor] of this.cursors) {
      const { topic, partition, taken, next } = cursor;
      if (next > taken) ranges.set(id, { topic, partition, from: taken, to: next });
      cursor.taken = next;
    }
    const { rows, produced } = this;
    this.rows = new RowBuffer(this.spare);
    this.produced = new ProducedTimes();
    return { rows, ranges, produced, release: () => this.recycle(rows) };
  }

  private recycle(rows: RowBuffer): void {
    for (const chunk of rows.chunks) {
      chunk.clear();
      if (this.spare.length < spareChunksMax) this.spare.push(chunk);
    }
    rows.chunks = [];
  }

  private async findPartitions(): Promise<void> {
    const topics = await this.options.client.topics();
    const found = [...topics.entries()]
      .filter(([topic]) => this.options.patterns.some((pattern) => matchesGlob(pattern, topic)))
      .flatMap(([, partitions]) => partitions)
      .filter(({ leader, topic, partition }) => leader >= 0 && !this.cursors.has(`${topic}/${partition}`));
    if (found.length === 0) return;
    const fresh = found.filter(({ topic, partition }) => !this.isKnown(`${topic}/${partition}`));
    const begin = this.options.startingOffsets === 'earliest' ? 'begin' : 'end';
    const starts = fresh.length === 0 ? new Map<string, number>() : await this.options.client.offsets(fresh, begin);
    for (const { topic, partition } of found) {
      const id = `${topic}/${partition}`;
      const next = this.isKnown(id) ? this.progress.get(id)! : (starts.get(id) ?? 0);
      const until = this.until === undefined ? Number.POSITIVE_INFINITY : (this.until.get(id) ?? next);
      this.cursors.set(id, { topic, partition, next, taken: next, end: -1, until });
      this.options.log('info', `${this.options.table} reads ${id} from offset ${next}`);
    }
  }

  /** A full refresh leaves -1 behind: as if never read. */
  private isKnown(id: string): boolean {
    return (this.progress.get(id) ?? -1) >= 0;
  }

  private async fetchOnce(cursors: readonly Cursor[], done: Set<string>): Promise<void> {
    const topics = await this.options.client.topics(60_000);
    const byLeader = Map.groupBy(cursors, (cursor) => leaderOf(topics.get(cursor.topic), cursor.partition));
    for (const [leader, group] of byLeader) {
      if (leader < 0) continue;
      // A broker fills its answer in the order asked: take turns at being first.
      this.turn = (this.turn + 1) % group.length;
      const order = [...group.slice(this.turn), ...group.slice(0, this.turn)];
      const wanted = order.map(({ topic, partition, next }) => ({ topic, partition, offset: next }));
      const answers = await this.options.client.fetch(leader, wanted, Math.min(fetchBytesMax, this.options.bytesMax));
      for (const answer of answers) if (this.accept(answer)) done.add(`${answer.topic}/${answer.partition}`);
    }
  }

  /** Is the partition read to its end? */
  private accept(answer: FetchedPartition): boolean {
    const cursor = this.cursors.get(`${answer.topic}/${answer.partition}`)!;
    if (leaderErrors.has(answer.errorCode)) {
      this.options.client.forgetLeaders();
      return true;
    }
    if (answer.errorCode === offsetOutOfRange) throw offsetGone(this.options.table, cursor, answer);
    if (answer.errorCode !== 0) throw fetchFailed(cursor, answer.errorCode);
    cursor.end = answer.readableEnd;
    if (answer.records.length > 0) {
      this.rows.from(answer.topic, answer.partition);
      const range = { topic: answer.topic, partition: answer.partition, from: cursor.next, until: cursor.until };
      this.rows.produced = this.produced;
      cursor.next = readRecords(answer.records, range, answer.aborted, this.rows);
    }
    return cursor.next >= Math.min(answer.readableEnd, cursor.until);
  }
}

const leaderOf = (partitions: readonly PartitionLeader[] | undefined, partition: number): number =>
  partitions?.find((each) => each.partition === partition)?.leader ?? -1;

const offsetGone = (table: string, cursor: Cursor, answer: FetchedPartition): PipelineError => {
  const { topic, partition, next } = cursor;
  const held =
    answer.highWatermark >= 0
      ? ` The log now holds offsets ${Math.max(0, answer.logStart)} to ${answer.highWatermark}.`
      : '';
  return new PipelineError({
    code: 'KAFKA_OFFSET_GONE',
    message: `${table} has read ${topic}, partition ${partition} up to offset ${next}, but that is not in the log any more: the topic was deleted, or its retention ended.${held}`,
    hint: `Restore the topic, or start over from what there is: tiffin pipeline refresh ${table} --full`,
  });
};

const fetchFailed = ({ topic, partition }: Cursor, code: number): PipelineError =>
  new PipelineError({
    code: 'KAFKA_FETCH_FAILED',
    message: `Kafka refuses to give ${topic}, partition ${partition}: error ${code}.`,
    hint: 'See https://kafka.apache.org/protocol#protocol_error_codes; the flow tries again.',
  });
