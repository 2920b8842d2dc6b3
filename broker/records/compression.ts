/** Records out of a batch, whatever its compression. Batches are stored compressed as they come; this is for looking in. */
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { messageOf } from '../errors.ts';
import { MalformedFrame } from '../protocol/reader.ts';
import { BATCH_HEADER_BYTES, compressionOf, type BatchHeader } from './batch.ts';
import { unlz4 } from './lz4.ts';
import { decodeRecords, type StoredRecord } from './records.ts';
import { unsnappy } from './snappy.ts';

/** A small batch cannot make us allocate without end. */
const UNCOMPRESSED_BYTES_MAX = 512 * 1024 * 1024;
const limit = { maxOutputLength: UNCOMPRESSED_BYTES_MAX };

const decompressors: readonly ((bytes: Buffer) => Buffer)[] = [
  (bytes) => bytes,
  (bytes) => gunzipSync(bytes, limit),
  unsnappy,
  unlz4,
  (bytes) => zstdDecompressSync(bytes, limit),
];

const [NONE, GZIP, ZSTD] = [0, 1, 4];

/** Compresses as the batch was where Node can; else not at all, which every reader understands. */
export const recompress = (header: BatchHeader, records: Buffer): { compression: number; bytes: Buffer } => {
  const compression = compressionOf(header);
  if (compression === GZIP) return { compression, bytes: gzipSync(records) };
  if (compression === ZSTD) return { compression, bytes: zstdCompressSync(records) };
  return { compression: NONE!, bytes: records };
};

/** The records of a whole batch. Throws MalformedFrame if they are not what the header says. */
export const recordsOf = (batch: Buffer, header: BatchHeader): StoredRecord[] => {
  const decompress = decompressors[compressionOf(header)];
  if (decompress === undefined) throw new MalformedFrame(`compression type ${compressionOf(header)} is unknown`);
  try {
    return decodeRecords(decompress(batch.subarray(BATCH_HEADER_BYTES, header.sizeBytes)), header.recordCount);
  } catch (error) {
    if (error instanceof MalformedFrame) throw error;
    throw new MalformedFrame(`the records cannot be decompressed: ${messageOf(error)}`);
  }
};
