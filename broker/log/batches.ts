/** Walks over the batches of a segment without holding more than a piece of it, and without blocking for long. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  BATCH_HEADER_BYTES,
  batchSizeBytes,
  isBatchShaped,
  isCrcRight,
  readBatchHeader,
  type BatchHeader,
} from '../records/batch.ts';
import { CorruptSegment, type Segment } from './segment.ts';

const PIECE_BYTES = 1024 * 1024;

export interface StoredBatch {
  readonly header: BatchHeader;
  /** A view that is valid until the next batch is asked for. */
  readonly bytes: Buffer;
}

export async function* batchesOf(segment: Segment): AsyncGenerator<StoredBatch> {
  let buffer = Buffer.allocUnsafe(Math.min(PIECE_BYTES, segment.sizeBytes));
  for (let position = 0; position < segment.sizeBytes;) {
    const count = segment.file.read(buffer, Math.min(buffer.length, segment.sizeBytes - position), position);
    let at = 0;
    while (isBatchShaped(buffer, at, count)) {
      if (!isCrcRight(buffer, at)) throw new CorruptSegment(segment, position + at);
      const header = readBatchHeader(buffer, at);
      yield { header, bytes: buffer.subarray(at, at + header.sizeBytes) };
      at += header.sizeBytes;
    }
    if (at === 0) {
      const wanted = count >= BATCH_HEADER_BYTES ? batchSizeBytes(buffer, 0) : 0;
      if (wanted <= buffer.length || wanted > segment.sizeBytes - position) throw new CorruptSegment(segment, position);
      buffer = Buffer.allocUnsafe(wanted);
    }
    position += at;
    await nextTurn();
  }
}
