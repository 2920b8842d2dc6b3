/** What the tests of the log share: batches to append, and a log's whole content in plain form. */
import { settingsOf, type TopicConfig, type TopicSettings } from '../catalog/topic-config.ts';
import { buildBatch, readBatchHeader, TRANSACTIONAL_BIT } from '../records/batch.ts';
import { recordsOf } from '../records/compression.ts';
import { encodeRecords, NO_HEADERS } from '../records/records.ts';
import { BufferPool } from './buffer-pool.ts';
import type { Files } from './files.ts';
import { PartitionLog } from './partition-log.ts';

export interface TestRecord {
  readonly key: string | null;
  readonly value: string | null;
}

export interface TestProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly isTransactional?: boolean;
}

const NO_PRODUCER: TestProducer = { producerId: -1, producerEpoch: -1, baseSequence: -1 };
const bytesOf = (text: string | null): Buffer | null => (text === null ? null : Buffer.from(text));

export const makeBatch = (records: readonly TestRecord[], timestampMs = 1000, by = NO_PRODUCER): Buffer =>
  buildBatch(
    {
      baseOffset: 0,
      lastOffset: records.length - 1,
      attributes: by.isTransactional === true ? TRANSACTIONAL_BIT : 0,
      baseTimestamp: timestampMs,
      maxTimestamp: timestampMs,
      producerId: by.producerId,
      producerEpoch: by.producerEpoch,
      baseSequence: by.baseSequence,
      recordCount: records.length,
    },
    encodeRecords(
      records.map(({ key, value }, offsetDelta) => ({
        offsetDelta,
        timestampDelta: 0,
        key: bytesOf(key),
        value: bytesOf(value),
        headers: NO_HEADERS,
      })),
    ),
  );

export const topicSettings = (config: TopicConfig = {}): TopicSettings => settingsOf(config, {});

export const openLog = (
  files: Files,
  config: TopicConfig = {},
  warnings: string[] = [],
  trustTail = true,
): PartitionLog =>
  new PartitionLog({
    files,
    dir: '/log',
    settings: () => topicSettings(config),
    pool: new BufferPool(),
    log: (_level, message) => void warnings.push(message),
    trustTail,
  });

export interface ReadRecord extends TestRecord {
  readonly offset: number;
}

/** Everything that a reader from `from` on gets, read as consumers do: piece by piece. */
export const readAll = async (log: PartitionLog, from = log.startOffset, maxBytes = 500): Promise<ReadRecord[]> => {
  const all: ReadRecord[] = [];
  for (let offset = from; ;) {
    const result = await log.read({ offset, maxBytes, upTo: log.nextOffset, wholeFirst: true });
    if (result === undefined) return all.filter((one) => one.offset >= from);
    for (let at = 0; at < result.bytes.length;) {
      const header = readBatchHeader(result.bytes, at);
      const batch = result.bytes.subarray(at, at + header.sizeBytes);
      for (const record of recordsOf(batch, header)) {
        const [key, value] = [record.key?.toString() ?? null, record.value?.toString() ?? null];
        all.push({ offset: header.baseOffset + record.offsetDelta, key, value });
      }
      at += header.sizeBytes;
    }
    result.release();
    offset = result.nextOffset;
  }
};
