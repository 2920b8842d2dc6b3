/** What a batch must be to be appended: well formed, right, small enough, timely, and next in its producer's order. */
import type { TopicSettings } from '../catalog/topic-config.ts';
import { ErrorCode } from '../errors.ts';
import {
  BATCH_HEADER_BYTES,
  batchSizeBytes,
  compressionOf,
  isControl,
  isCrcRight,
  readBatchHeader,
  stampBatch,
  type BatchHeader,
} from '../records/batch.ts';
import { recordsOf } from '../records/compression.ts';
import { MalformedFrame } from '../protocol/reader.ts';
import type { PartitionLog } from './partition-log.ts';

const COMPRESSION_LAST = 4;

export type Accepted =
  | { readonly kind: 'appended'; readonly header: BatchHeader; readonly logAppendTimeMs: number }
  | { readonly kind: 'duplicate'; readonly baseOffset: number; readonly logAppendTimeMs: number }
  | { readonly kind: 'refused'; readonly errorCode: number; readonly message: string };

const refuse = (errorCode: number, message: string): Accepted => ({ kind: 'refused', errorCode, message });

/** Appends one batch from a producer, or says why not. */
export const accept = (log: PartitionLog, bytes: Buffer, settings: TopicSettings, nowMs: number): Accepted => {
  const malformed = checkShape(bytes, settings);
  if (malformed !== undefined) return malformed;
  const header = readBatchHeader(bytes);
  const refusal = checkHeader(header) ?? checkTime(header, settings, nowMs) ?? checkKeys(bytes, header, settings);
  if (refusal !== undefined) return refusal;
  const repeated = checkSequence(log, header, settings);
  if (repeated !== undefined) return repeated;
  if (settings.logAppendTime) stampBatch(bytes, 0, nowMs);
  const logAppendTimeMs = settings.logAppendTime ? nowMs : -1;
  return { kind: 'appended', header: log.append(bytes, nowMs), logAppendTimeMs };
};

const checkShape = (bytes: Buffer, settings: TopicSettings): Accepted | undefined => {
  if (bytes.length < BATCH_HEADER_BYTES)
    return refuse(ErrorCode.CORRUPT_MESSAGE, 'The batch is shorter than its header');
  if (bytes.readInt8(16) !== 2)
    return refuse(ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT, 'Only record batches of format 2 are stored');
  const sizeBytes = batchSizeBytes(bytes, 0);
  if (sizeBytes !== bytes.length)
    return refuse(
      sizeBytes < bytes.length ? ErrorCode.INVALID_RECORD : ErrorCode.CORRUPT_MESSAGE,
      `A request must have exactly one batch per partition; its size is ${sizeBytes} in ${bytes.length} bytes`,
    );
  if (sizeBytes > settings.messageBytesMax)
    return refuse(
      ErrorCode.MESSAGE_TOO_LARGE,
      `The batch has ${sizeBytes} bytes; max.message.bytes of this topic is ${settings.messageBytesMax}`,
    );
  return isCrcRight(bytes) ? undefined : refuse(ErrorCode.CORRUPT_MESSAGE, 'The CRC of the batch is wrong');
};

const checkHeader = (header: BatchHeader): Accepted | undefined => {
  if (isControl(header)) return refuse(ErrorCode.INVALID_RECORD, 'Clients may not write control batches');
  if (header.recordCount < 1 || header.lastOffset - header.baseOffset !== header.recordCount - 1)
    return refuse(ErrorCode.INVALID_RECORD, 'The number of records does not fit the last offset of the batch');
  if (compressionOf(header) > COMPRESSION_LAST)
    return refuse(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, `Compression type ${compressionOf(header)} is unknown`);
  if (header.producerId >= 0 && (header.producerEpoch < 0 || header.baseSequence < 0))
    return refuse(ErrorCode.INVALID_RECORD, 'A batch with a producer id needs an epoch and a sequence');
  return undefined;
};

const checkTime = (header: BatchHeader, settings: TopicSettings, nowMs: number): Accepted | undefined => {
  if (settings.logAppendTime) return undefined;
  const aheadMs = header.maxTimestamp - nowMs;
  const isTimely =
    aheadMs <= settings.timestampAfterMaxMs && nowMs - header.maxTimestamp <= settings.timestampBeforeMaxMs;
  if (isTimely) return undefined;
  return refuse(
    ErrorCode.INVALID_TIMESTAMP,
    `Timestamp ${header.maxTimestamp} is out of range: message.timestamp.after.max.ms is ${settings.timestampAfterMaxMs}, message.timestamp.before.max.ms is ${settings.timestampBeforeMaxMs}`,
  );
};

const checkKeys = (bytes: Buffer, header: BatchHeader, settings: TopicSettings): Accepted | undefined => {
  if (!settings.compacts) return undefined;
  try {
    const isKeyed = recordsOf(bytes, header).every((record) => record.key !== null);
    return isKeyed ? undefined : refuse(ErrorCode.INVALID_RECORD, 'A compacted topic takes only records with a key');
  } catch (error) {
    if (error instanceof MalformedFrame) return refuse(ErrorCode.INVALID_RECORD, error.message);
    throw error;
  }
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
      return refuse(
        ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
        `Producer ${header.producerId} sent sequence ${header.baseSequence} where ${check.expected} is next`,
      );
    case 'fenced':
      return refuse(
        ErrorCode.INVALID_PRODUCER_EPOCH,
        `Producer ${header.producerId} has epoch ${header.producerEpoch}; epoch ${check.epoch} has taken over`,
      );
  }
};
