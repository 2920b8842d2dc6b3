/** What a batch must be to be appended: well formed, right, small enough, timely, and next in its producer's order. */
import type { TopicSettings } from '../catalog/topic-config.ts';
import { ErrorCode } from '../errors.ts';
import {
  BATCH_HEADER_BYTES,
  batchMagic,
  batchSizeBytes,
  compressionOf,
  isControl,
  isCrcRight,
  readBatchHeader,
  stampBatch,
  type BatchHeader,
} from '../records/batch.ts';
import { recordsOf } from '../records/compression.ts';
import { checkRecordLengths } from '../records/records.ts';
import { MalformedFrame } from '../protocol/reader.ts';
import type { PartitionLog } from './partition-log.ts';

const MAGIC = 2;
const COMPRESSION_LAST = 4;

/** What is wrong with one record, by its place in the batch. */
export interface RecordError {
  readonly batchIndex: number;
  readonly batchIndexErrorMessage: string;
}

export interface Refused {
  readonly kind: 'refused';
  readonly errorCode: number;
  readonly message: string;
  readonly recordErrors: readonly RecordError[];
}

export type Accepted =
  | { readonly kind: 'appended'; readonly header: BatchHeader; readonly logAppendTimeMs: number }
  | { readonly kind: 'duplicate'; readonly baseOffset: number; readonly logAppendTimeMs: number }
  | Refused;

export const refused = (errorCode: number, message: string, recordErrors: readonly RecordError[] = []): Refused => ({
  kind: 'refused',
  errorCode,
  message,
  recordErrors,
});

/** Appends one batch from a producer, or says why not. */
export const accept = (log: PartitionLog, bytes: Buffer, settings: TopicSettings, nowMs: number): Accepted => {
  const malformed = checkShape(bytes, settings);
  if (malformed !== undefined) return malformed;
  const header = readBatchHeader(bytes);
  const refusal = checkHeader(header) ?? checkRecords(bytes, header, settings, nowMs);
  if (refusal !== undefined) return refusal;
  const repeated = checkSequence(log, header, settings);
  if (repeated !== undefined) return repeated;
  if (settings.logAppendTime) stampBatch(bytes, 0, nowMs);
  const logAppendTimeMs = settings.logAppendTime ? nowMs : -1;
  return { kind: 'appended', header: log.append(bytes, nowMs), logAppendTimeMs };
};

const checkShape = (bytes: Buffer, settings: TopicSettings): Refused | undefined => {
  if (bytes.length < BATCH_HEADER_BYTES)
    return refused(ErrorCode.CORRUPT_MESSAGE, 'The batch is shorter than its header');
  const magic = batchMagic(bytes, 0);
  if (magic !== MAGIC)
    return refused(
      magic === 0 || magic === 1 ? ErrorCode.INVALID_RECORD : ErrorCode.CORRUPT_MESSAGE,
      `Only record batches of format ${MAGIC} are stored; this one has format ${magic}`,
    );
  const sizeBytes = batchSizeBytes(bytes, 0);
  if (sizeBytes !== bytes.length)
    return refused(
      sizeBytes < bytes.length ? ErrorCode.INVALID_RECORD : ErrorCode.CORRUPT_MESSAGE,
      `A request must have exactly one batch per partition; its size is ${sizeBytes} in ${bytes.length} bytes`,
    );
  if (sizeBytes > settings.messageBytesMax)
    return refused(
      ErrorCode.MESSAGE_TOO_LARGE,
      `The batch has ${sizeBytes} bytes; max.message.bytes of this topic is ${settings.messageBytesMax}`,
    );
  return isCrcRight(bytes) ? undefined : refused(ErrorCode.CORRUPT_MESSAGE, 'The CRC of the batch is wrong');
};

const checkHeader = (header: BatchHeader): Refused | undefined => {
  if (isControl(header)) return refused(ErrorCode.INVALID_RECORD, 'Clients may not write control batches');
  if (header.recordCount < 1 || header.lastOffset - header.baseOffset !== header.recordCount - 1)
    return refused(ErrorCode.INVALID_RECORD, 'The number of records does not fit the last offset of the batch');
  if (compressionOf(header) > COMPRESSION_LAST)
    return refused(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, `Compression type ${compressionOf(header)} is unknown`);
  if (header.producerId >= 0 && (header.producerEpoch < 0 || header.baseSequence < 0))
    return refused(ErrorCode.INVALID_RECORD, 'A batch with a producer id needs an epoch and a sequence');
  return undefined;
};

/** Compressed records are looked at only where they must have keys, or to say which of them are wrong. */
const checkRecords = (
  bytes: Buffer,
  header: BatchHeader,
  settings: TopicSettings,
  nowMs: number,
): Refused | undefined => {
  try {
    if (compressionOf(header) === 0) checkRecordLengths(bytes, BATCH_HEADER_BYTES, header.recordCount);
    return checkKeys(bytes, header, settings) ?? checkTime(bytes, header, settings, nowMs);
  } catch (error) {
    if (error instanceof MalformedFrame) return refused(ErrorCode.INVALID_RECORD, error.message);
    throw error;
  }
};

const checkKeys = (bytes: Buffer, header: BatchHeader, settings: TopicSettings): Refused | undefined => {
  if (!settings.compacts) return undefined;
  const message = 'A compacted topic takes only records with a key';
  const recordErrors = recordsOf(bytes, header).flatMap(({ key }, batchIndex) =>
    key === null ? [{ batchIndex, batchIndexErrorMessage: message }] : [],
  );
  return recordErrors.length === 0 ? undefined : refused(ErrorCode.INVALID_RECORD, message, recordErrors);
};

const checkTime = (bytes: Buffer, header: BatchHeader, settings: TopicSettings, nowMs: number): Refused | undefined => {
  if (settings.logAppendTime) return undefined;
  const problem = timeProblem(header.maxTimestamp, settings, nowMs);
  if (problem === undefined) return undefined;
  const recordErrors = recordsOf(bytes, header).flatMap(({ timestampDelta }, batchIndex) => {
    const message = timeProblem(header.baseTimestamp + timestampDelta, settings, nowMs);
    return message === undefined ? [] : [{ batchIndex, batchIndexErrorMessage: message }];
  });
  return refused(ErrorCode.INVALID_TIMESTAMP, problem, recordErrors);
};

const NO_TIMESTAMP = -1;

const timeProblem = (timestamp: number, settings: TopicSettings, nowMs: number): string | undefined => {
  const { timestampAfterMaxMs, timestampBeforeMaxMs } = settings;
  const isTimely = timestamp - nowMs <= timestampAfterMaxMs && nowMs - timestamp <= timestampBeforeMaxMs;
  if (isTimely || timestamp === NO_TIMESTAMP) return undefined;
  return `Timestamp ${timestamp} is out of range: message.timestamp.after.max.ms is ${timestampAfterMaxMs}, message.timestamp.before.max.ms is ${timestampBeforeMaxMs}`;
};

const checkSequence = (log: PartitionLog, header: BatchHeader, settings: TopicSettings): Accepted | undefined => {
  if (header.producerId < 0) return undefined;
  const check = log.producers.check(header);
  switch (check.kind) {
    case 'next':
      return undefined;
    case 'duplicate': {
      const logAppendTimeMs = settings.logAppendTime ? check.timestampMs : -1;
      return { kind: 'duplicate', baseOffset: check.baseOffset, logAppendTimeMs };
    }
    case 'gap':
      return refused(
        ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
        `Producer ${header.producerId} sent sequence ${header.baseSequence} where ${check.expected} is next`,
      );
    case 'fenced':
      return refused(
        ErrorCode.INVALID_PRODUCER_EPOCH,
        `Producer ${header.producerId} has epoch ${header.producerEpoch}; epoch ${check.epoch} has taken over`,
      );
  }
};
