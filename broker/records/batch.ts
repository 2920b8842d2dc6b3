/**
 * A record batch (magic 2) as a view of its bytes: header fields by position, checks, and the few fields that a broker
 * sets. Records themselves are not decoded here. Layout: https://kafka.apache.org/documentation/#recordbatch
 */
import { crc32c } from './crc32c.ts';

export const BATCH_HEADER_BYTES = 61;
/** Bytes before the part that `batchLength` counts. */
export const BATCH_OVERHEAD_BYTES = 12;

const AT = {
  baseOffset: 0,
  batchLength: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
} as const;

export const TIMESTAMP_TYPE_BIT = 0x08;
export const TRANSACTIONAL_BIT = 0x10;
export const CONTROL_BIT = 0x20;
export const DELETE_HORIZON_BIT = 0x40;

const HIGH = 4294967296;
const readInt64 = (bytes: Buffer, at: number): number => bytes.readInt32BE(at) * HIGH + bytes.readUInt32BE(at + 4);
const writeInt64 = (bytes: Buffer, at: number, value: number): void => {
  const high = Math.floor(value / HIGH);
  bytes.writeInt32BE(high | 0, at);
  bytes.writeUInt32BE(value - high * HIGH, at + 4);
};

/** What the log needs to know of a batch. */
export interface BatchHeader {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly sizeBytes: number;
  readonly attributes: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly recordCount: number;
}

/** The size in bytes of the batch whose first 12 bytes are at `at`. */
export const batchSizeBytes = (bytes: Buffer, at: number): number =>
  bytes.readInt32BE(at + AT.batchLength) + BATCH_OVERHEAD_BYTES;

export const batchBaseOffset = (bytes: Buffer, at: number): number => readInt64(bytes, at);
export const batchLastOffset = (bytes: Buffer, at: number): number =>
  readInt64(bytes, at) + bytes.readInt32BE(at + AT.lastOffsetDelta);
export const batchMagic = (bytes: Buffer, at: number): number => bytes.readInt8(at + AT.magic);

/** Reads the header at `at`; the caller has made sure that 61 bytes are there. */
export const readBatchHeader = (bytes: Buffer, at = 0): BatchHeader => {
  const baseOffset = readInt64(bytes, at);
  return {
    baseOffset,
    lastOffset: baseOffset + bytes.readInt32BE(at + AT.lastOffsetDelta),
    sizeBytes: batchSizeBytes(bytes, at),
    attributes: bytes.readInt16BE(at + AT.attributes),
    baseTimestamp: readInt64(bytes, at + AT.baseTimestamp),
    maxTimestamp: readInt64(bytes, at + AT.maxTimestamp),
    producerId: readInt64(bytes, at + AT.producerId),
    producerEpoch: bytes.readInt16BE(at + AT.producerEpoch),
    baseSequence: bytes.readInt32BE(at + AT.baseSequence),
    recordCount: bytes.readInt32BE(at + AT.recordCount),
  };
};

export const isTransactional = (header: BatchHeader): boolean => (header.attributes & TRANSACTIONAL_BIT) !== 0;
export const isControl = (header: BatchHeader): boolean => (header.attributes & CONTROL_BIT) !== 0;
export const compressionOf = (header: BatchHeader): number => header.attributes & 7;

/** Whether a whole, sane batch starts at `at` and ends by `end`. Its CRC is not looked at. */
export const isBatchShaped = (bytes: Buffer, at: number, end: number): boolean => {
  if (end - at < BATCH_HEADER_BYTES || batchMagic(bytes, at) !== 2) return false;
  const sizeBytes = batchSizeBytes(bytes, at);
  return sizeBytes >= BATCH_HEADER_BYTES && at + sizeBytes <= end;
};

export const isCrcRight = (bytes: Buffer, at = 0): boolean =>
  bytes.readUInt32BE(at + AT.crc) === crc32c(bytes, at + AT.attributes, at + batchSizeBytes(bytes, at));

/** Gives a batch its place in the log. The CRC does not cover these fields. */
export const placeBatch = (bytes: Buffer, at: number, baseOffset: number, leaderEpoch: number): void => {
  writeInt64(bytes, at + AT.baseOffset, baseOffset);
  bytes.writeInt32BE(leaderEpoch, at + AT.leaderEpoch);
};

/** Replaces the producer's time by the broker's (topics with message.timestamp.type=LogAppendTime). */
export const stampBatch = (bytes: Buffer, at: number, timestampMs: number): void => {
  bytes.writeInt16BE(bytes.readInt16BE(at + AT.attributes) | TIMESTAMP_TYPE_BIT, at + AT.attributes);
  writeInt64(bytes, at + AT.maxTimestamp, timestampMs);
  sealBatch(bytes, at);
};

const sealBatch = (bytes: Buffer, at: number): void => {
  bytes.writeUInt32BE(crc32c(bytes, at + AT.attributes, at + batchSizeBytes(bytes, at)), at + AT.crc);
};

/** Builds a batch of already encoded records. */
export const buildBatch = (header: Omit<BatchHeader, 'sizeBytes'>, records: Uint8Array): Buffer => {
  const bytes = Buffer.alloc(BATCH_HEADER_BYTES + records.length);
  bytes.set(records, BATCH_HEADER_BYTES);
  writeInt64(bytes, AT.baseOffset, header.baseOffset);
  bytes.writeInt32BE(bytes.length - BATCH_OVERHEAD_BYTES, AT.batchLength);
  bytes.writeInt8(2, AT.magic);
  bytes.writeInt16BE(header.attributes, AT.attributes);
  bytes.writeInt32BE(header.lastOffset - header.baseOffset, AT.lastOffsetDelta);
  writeInt64(bytes, AT.baseTimestamp, header.baseTimestamp);
  writeInt64(bytes, AT.maxTimestamp, header.maxTimestamp);
  writeInt64(bytes, AT.producerId, header.producerId);
  bytes.writeInt16BE(header.producerEpoch, AT.producerEpoch);
  bytes.writeInt32BE(header.baseSequence, AT.baseSequence);
  bytes.writeInt32BE(header.recordCount, AT.recordCount);
  sealBatch(bytes, 0);
  return bytes;
};
