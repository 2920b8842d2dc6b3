/**
 * Reading a partition's log: whole batches from an offset on. What was written lately is surely in the page cache and is
 * read at once; what is older is read without blocking others. Bytes are checked the first time that anybody reads them.
 */
import { batchLastOffset, batchSizeBytes, isBatchShaped, isCrcRight } from '../records/batch.ts';
import type { PooledBuffer } from './buffer-pool.ts';
import type { PartitionLog } from './partition-log.ts';
import { repair } from './recovery.ts';
import { CorruptSegment, type Segment } from './segment.ts';

/** Bytes behind the end that are surely still in the page cache: they are read without leaving the event loop. */
const WARM_BYTES = 64 * 1024 * 1024;

export interface ReadRequest {
  readonly offset: number;
  readonly maxBytes: number;
  /** Nothing at or after this offset is given. */
  readonly upTo: number;
  /** The first batch is given even if it is larger than `maxBytes`. */
  readonly wholeFirst: boolean;
}

/** Whole batches, the first of which contains or follows the offset that was asked for. */
export interface ReadResult {
  readonly bytes: Buffer;
  readonly nextOffset: number;
  readonly records: number;
  release(): void;
}

/** undefined: there is nothing there yet */
type Read = ReadResult | undefined;

interface Range {
  readonly segment: Segment;
  readonly start: number;
  readonly limit: number;
}

/** Damage that is met is taken out of the log first. */
export const readBatches = (log: PartitionLog, request: ReadRequest): Read | Promise<Read> => {
  try {
    const range = findRange(log, request.offset, request.upTo);
    if (range === undefined) return undefined;
    const isWarm = range.segment === log.active && log.active.sizeBytes - range.start <= WARM_BYTES;
    return isWarm ? readWarm(log, range, request) : readCold(log, range, request);
  } catch (error) {
    return readAfterRepair(log, error, request);
  }
};

const readAfterRepair = (log: PartitionLog, error: unknown, request: ReadRequest): Read | Promise<Read> => {
  if (!(error instanceof CorruptSegment)) throw error;
  repair(log, error.segment, error.position);
  return readBatches(log, request);
};

const findRange = (log: PartitionLog, offset: number, upTo: number): Range | undefined => {
  for (let at = log.segmentIndexOf(offset); at < log.segments.length; at++) {
    const segment = log.segments[at]!;
    if (segment.baseOffset >= upTo) return undefined;
    const start = segment.locate(offset);
    const limit = upTo < segment.nextOffset ? segment.locate(upTo) : segment.sizeBytes;
    if (start < limit) return { segment, start, limit };
  }
  return undefined;
};

const readWarm = (log: PartitionLog, { segment, start, limit }: Range, request: ReadRequest): Read => {
  let length = Math.min(request.maxBytes, limit - start);
  for (;;) {
    const buffer = log.options.pool.take(length);
    try {
      const whole = wholeBatches(segment, buffer, start, segment.file.read(buffer.bytes, length, start));
      if (whole !== undefined) return whole;
      buffer.release();
      if (!request.wholeFirst) return undefined;
      length = longer(segment, start, limit, length);
    } catch (error) {
      buffer.release();
      throw error;
    }
  }
};

const readCold = async (log: PartitionLog, { segment, start, limit }: Range, request: ReadRequest): Promise<Read> => {
  let length = Math.min(request.maxBytes, limit - start);
  for (;;) {
    const buffer = log.options.pool.take(length);
    try {
      const count = await segment.file.readCold(buffer.bytes, length, start);
      const whole = wholeBatches(segment, buffer, start, count);
      if (whole !== undefined) return whole;
      buffer.release();
      if (!request.wholeFirst) return undefined;
      length = longer(segment, start, limit, length);
    } catch (error) {
      buffer.release();
      return await readAfterRepair(log, error, request);
    }
  }
};

/** Bytes from `offset` on, without reading them: of its segment, and if there is one of the next. */
export const bytesFrom = (log: PartitionLog, offset: number, upTo: number): number => {
  const at = log.segmentIndexOf(offset);
  const segment = log.segments[at]!;
  const limit = upTo < segment.nextOffset ? segment.locate(upTo) : segment.sizeBytes;
  const here = limit - segment.locate(offset);
  return at < log.segments.length - 1 ? here + log.segments[at + 1]!.sizeBytes : here;
};

/** How much to read for the whole batch at `start`, of which `triedBytes` were not enough. */
const longer = (segment: Segment, start: number, limit: number, triedBytes: number): number => {
  const { sizeBytes } = segment.headerAt(start);
  if (sizeBytes <= triedBytes || start + sizeBytes > limit) throw new CorruptSegment(segment, start);
  return sizeBytes;
};

/** Trims what was read to whole batches, checks them if nobody has yet, and leaves a hint for the next read. */
const wholeBatches = (segment: Segment, buffer: PooledBuffer, start: number, count: number): ReadResult | undefined => {
  const { bytes } = buffer;
  const mustVerify = start + count > segment.verifiedBytes;
  let at = 0;
  let records = 0;
  let lastOffset = -1;
  while (isBatchShaped(bytes, at, count)) {
    if (mustVerify && !isCrcRight(bytes, at)) throw new CorruptSegment(segment, start + at);
    const previousOffset = lastOffset;
    lastOffset = batchLastOffset(bytes, at);
    // The offset is not under the CRC.
    if (mustVerify && (lastOffset <= previousOffset || lastOffset >= segment.nextOffset))
      throw new CorruptSegment(segment, start + at);
    records += bytes.readInt32BE(at + 57);
    at += batchSizeBytes(bytes, at);
  }
  if (at === 0) return undefined;
  if (mustVerify && start <= segment.verifiedBytes) segment.verifiedBytes = Math.max(segment.verifiedBytes, start + at);
  if (start + at < segment.sizeBytes || segment.nextOffset > lastOffset) segment.hint(lastOffset + 1, start + at);
  return { bytes: bytes.subarray(0, at), nextOffset: lastOffset + 1, records, release: () => buffer.release() };
};
