/**
 * One fetch request: finds what it wants, waits until there is enough (or its time is over), reads, and answers. While
 * it waits it costs a timer and an entry at each of its partitions, and nothing is polled.
 */
import type { Topic } from '../catalog/catalog.ts';
import type { Context } from '../context.ts';
import { leaderEpochError } from '../apis/operations.ts';
import { ErrorCode, isStorageError, messageOf } from '../errors.ts';
import type { PartitionLog, Waiter } from '../log/partition-log.ts';
import { rotate, type SessionAnswer, type WantedPartition } from './sessions.ts';

export const EMPTY = Buffer.alloc(0);
/** Beyond so many bytes in answers that clients have not taken yet, answers become small. */
const UNREAD_BYTES_MAX = 64 * 1024 * 1024;
const SMALL_ANSWER_BYTES = 256 * 1024;
const READ_COMMITTED = 1;

interface Asked {
  readonly partition: number;
  readonly fetchOffset: number;
  readonly partitionMaxBytes: number;
  readonly currentLeaderEpoch: number;
  readonly lastFetchedEpoch: number;
}

export interface FetchRequest {
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly isolationLevel: number;
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly topicId: string;
    readonly partitions: readonly Asked[];
  }[];
  readonly forgottenTopicsData: readonly {
    readonly topic: string;
    readonly topicId: string;
    readonly partitions: readonly number[];
  }[];
}

interface PartitionAnswer {
  readonly partitionIndex: number;
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  readonly abortedTransactions: { producerId: number; firstOffset: number }[] | null;
  readonly records: Buffer;
}

interface Source {
  readonly wanted: WantedPartition;
  readonly topic: Topic | undefined;
  readonly log: PartitionLog | undefined;
}

export class Fetcher {
  private readonly request: FetchRequest;
  private readonly context: Context;
  private readonly isCommittedOnly: boolean;

  constructor(request: FetchRequest, context: Context) {
    this.request = request;
    this.context = context;
    this.isCommittedOnly = request.isolationLevel === READ_COMMITTED;
  }

  async run() {
    const answer = this.context.services.fetchSessions.resolve(this.claim());
    if (answer.kind === 'refused') return { errorCode: answer.errorCode, sessionId: 0, responses: [] };
    const readyBytes = this.availableBytes(answer.wanted);
    if (readyBytes < this.request.minBytes) await this.wait(answer.wanted, readyBytes);
    const sources = this.sources(answer.wanted);
    return this.compose(answer, sources, await this.readAll(sources));
  }

  private claim() {
    const { sessionId, sessionEpoch, topics, forgottenTopicsData } = this.request;
    const wanted = topics.flatMap(({ topic, topicId, partitions }) =>
      partitions.map((one) => ({
        topic,
        topicId,
        partition: one.partition,
        fetchOffset: one.fetchOffset,
        maxBytes: one.partitionMaxBytes,
        currentLeaderEpoch: one.currentLeaderEpoch,
        lastFetchedEpoch: one.lastFetchedEpoch,
        told: undefined,
      })),
    );
    const forgotten = forgottenTopicsData.flatMap(({ topic, topicId, partitions }) =>
      partitions.map((partition) => ({ topic, topicId, partition })),
    );
    return { sessionId, sessionEpoch, wanted, forgotten };
  }

  /** Topics are looked up anew each time: one may have been deleted while the request waited. */
  private sources(wanted: readonly WantedPartition[]): Source[] {
    const { catalog } = this.context.services;
    return wanted.map((one) => {
      const topic = catalog.find(one.topic, one.topicId);
      return { wanted: one, topic, log: topic?.logs[one.partition] };
    });
  }

  private upTo(log: PartitionLog): number {
    return this.isCommittedOnly ? log.lastStableOffset : log.nextOffset;
  }

  private errorOf({ wanted, log }: Source): number {
    if (log === undefined)
      return wanted.topic === '' ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    const epochError = leaderEpochError(wanted.currentLeaderEpoch);
    if (epochError !== ErrorCode.NONE) return epochError;
    const isOutside = wanted.fetchOffset < log.startOffset || wanted.fetchOffset > log.nextOffset;
    return isOutside ? ErrorCode.OFFSET_OUT_OF_RANGE : ErrorCode.NONE;
  }

  /** What could be answered now. An error counts as everything: it must not wait. */
  private availableBytes(wanted: readonly WantedPartition[]): number {
    let bytes = 0;
    for (const source of this.sources(wanted)) {
      if (this.errorOf(source) !== ErrorCode.NONE) return Infinity;
      const log = source.log!;
      bytes += Math.min(log.availableBytes(source.wanted.fetchOffset, this.upTo(log)), source.wanted.maxBytes);
    }
    return bytes;
  }

  private wait(wanted: readonly WantedPartition[], readyBytes: number): Promise<void> {
    const { maxWaitMs, minBytes } = this.request;
    if (maxWaitMs <= 0) return Promise.resolve();
    const logs = this.sources(wanted).flatMap(({ log }) => log ?? []);
    const { waits } = this.context.peer;
    return new Promise((resolve) => {
      let bytesThere = readyBytes;
      let isScheduled = false;
      const finish = (): void => {
        clearTimeout(timer);
        waits.delete(finish);
        for (const log of logs) log.waiters.delete(waiter);
        resolve();
      };
      const look = (): void => {
        isScheduled = false;
        if (this.availableBytes(wanted) >= minBytes) finish();
      };
      const waiter: Waiter = {
        grown: (bytes) => {
          bytesThere += bytes;
          if (bytesThere < minBytes && !this.isCommittedOnly && bytes !== Infinity) return;
          // At the end of this turn of the loop, so that all that one request appends comes as one answer.
          if (!isScheduled) setImmediate(look);
          isScheduled = true;
        },
      };
      const timer = setTimeout(finish, maxWaitMs);
      waits.add(finish);
      for (const log of logs) log.waiters.add(waiter);
    });
  }

  private async readAll(sources: readonly Source[]): Promise<PartitionAnswer[]> {
    const { pool, settings } = this.context.services;
    const limit = pool.usedBytes > UNREAD_BYTES_MAX ? SMALL_ANSWER_BYTES : settings.fetchBytesMax;
    let left = Math.min(this.request.maxBytes, limit);
    let isFirst = true;
    const answers: PartitionAnswer[] = [];
    for (const source of sources) {
      const answer = await this.read(source, left, isFirst);
      left = Math.max(0, left - answer.records.length);
      isFirst &&= answer.records.length === 0;
      answers.push(answer);
    }
    return answers;
  }

  private async read(source: Source, left: number, isFirst: boolean): Promise<PartitionAnswer> {
    const { wanted, log } = source;
    const errorCode = this.errorOf(source);
    if (errorCode !== ErrorCode.NONE || log === undefined) return this.describe(source, errorCode, EMPTY, 0);
    const maxBytes = Math.min(left, wanted.maxBytes);
    const upTo = this.upTo(log);
    if ((maxBytes <= 0 && !isFirst) || wanted.fetchOffset >= upTo) return this.describe(source, 0, EMPTY, 0);
    try {
      const read = log.read({ offset: wanted.fetchOffset, maxBytes, upTo, wholeFirst: isFirst });
      const result = read instanceof Promise ? await read : read;
      if (result === undefined) return this.describe(source, ErrorCode.NONE, EMPTY, 0);
      this.context.afterwards(result.release);
      source.topic!.counters.messagesOut += result.records;
      source.topic!.counters.bytesOut += result.bytes.length;
      return this.describe(source, ErrorCode.NONE, result.bytes, result.nextOffset);
    } catch (error) {
      if (!isStorageError(error) && log.isClosed)
        return this.describe(source, ErrorCode.NOT_LEADER_OR_FOLLOWER, EMPTY, 0);
      if (!isStorageError(error)) throw error;
      this.context.services.log(
        'error',
        `${source.topic!.name}/${wanted.partition} cannot be read: ${messageOf(error)}`,
      );
      return this.describe(source, ErrorCode.KAFKA_STORAGE_ERROR, EMPTY, 0);
    }
  }

  private describe({ wanted, log }: Source, errorCode: number, records: Buffer, nextOffset: number): PartitionAnswer {
    const isBad = errorCode !== ErrorCode.NONE || log === undefined;
    const aborted = isBad || !this.isCommittedOnly ? null : log.producers.abortedIn(wanted.fetchOffset, nextOffset);
    return {
      partitionIndex: wanted.partition,
      errorCode,
      highWatermark: isBad ? -1 : log.nextOffset,
      lastStableOffset: isBad ? -1 : log.lastStableOffset,
      logStartOffset: isBad ? -1 : log.startOffset,
      abortedTransactions: aborted?.map(({ producerId, firstOffset }) => ({ producerId, firstOffset })) ?? null,
      records,
    };
  }

  private compose(
    answer: Exclude<SessionAnswer, { kind: 'refused' }>,
    sources: readonly Source[],
    results: readonly PartitionAnswer[],
  ) {
    const told = sources.map(({ wanted }, at) => ({ wanted, result: results[at]! }));
    const shown = answer.kind === 'full' ? told : told.filter(({ wanted, result }) => hasNews(wanted, result));
    if (answer.session !== undefined) {
      for (const { wanted, result } of shown) wanted.told = toldBy(result);
      rotate(
        answer.session,
        shown.filter(({ result }) => result.records.length > 0).map(({ wanted }) => wanted),
      );
    }
    const byTopic = Map.groupBy(shown, ({ wanted }) => `${wanted.topic}/${wanted.topicId}`);
    const responses = [...byTopic.values()].map((ones) => ({
      topic: ones[0]!.wanted.topic,
      topicId: ones[0]!.wanted.topicId,
      partitions: ones.map(({ result }) => result),
    }));
    return { errorCode: ErrorCode.NONE, sessionId: answer.session?.id ?? 0, responses };
  }
}

const toldBy = (result: PartitionAnswer): NonNullable<WantedPartition['told']> => ({
  highWatermark: result.highWatermark,
  lastStableOffset: result.lastStableOffset,
  startOffset: result.logStartOffset,
});

const hasNews = ({ told }: WantedPartition, result: PartitionAnswer): boolean =>
  told === undefined ||
  result.errorCode !== ErrorCode.NONE ||
  result.records.length > 0 ||
  told.highWatermark !== result.highWatermark ||
  told.lastStableOffset !== result.lastStableOffset ||
  told.startOffset !== result.logStartOffset;
