/**
 * One segment of a partition's log: a file of record batches exactly as they travel, and its sparse index. The last
 * segment of a log is appended to; the others do not change, except when compaction replaces them.
 */
import { join } from 'node:path';
import {
  BATCH_HEADER_BYTES,
  batchLastOffset,
  batchSizeBytes,
  isBatchShaped,
  isCrcRight,
  readBatchHeader,
  type BatchHeader,
} from '../records/batch.ts';
import type { File, Files } from './files.ts';
import { IndexFile } from './index-file.ts';

const INDEX_INTERVAL_BYTES = 4096;
const HINTS_MAX = 32;
const SCAN_BYTES = 1024 * 1024;
const scratch = Buffer.allocUnsafeSlow(8192);

export const segmentName = (baseOffset: number): string => String(baseOffset).padStart(20, '0');

/** The stored bytes are not what a log can contain. */
export class CorruptSegment extends Error {
  readonly code = 'CORRUPT_SEGMENT';
  readonly segment: Segment;
  readonly position: number;

  constructor(segment: Segment, position: number) {
    super(`${segment.path} is damaged at byte ${position}`);
    this.segment = segment;
    this.position = position;
  }
}

export interface Scan {
  /** Everything before is whole and right. */
  readonly validBytes: number;
  readonly damaged: boolean;
}

export class Segment {
  readonly path: string;
  readonly baseOffset: number;
  nextOffset: number;
  sizeBytes = 0;
  maxTimestampMs = -1;
  /** When its first batch came, as far as known: time-based rolling counts from here. */
  firstAppendMs: number | undefined;
  /** Batches before this position have been found right since the process started, or were written by it. */
  verifiedBytes = 0;
  readonly file: File;
  readonly index: IndexFile;
  private indexedBytes = 0;
  /** Where readers that read on will want to start: offset → position. */
  private readonly hints = new Map<number, number>();

  constructor(files: Files, dir: string, baseOffset: number) {
    this.path = join(dir, `${segmentName(baseOffset)}.log`);
    this.baseOffset = baseOffset;
    this.nextOffset = baseOffset;
    this.file = files.open(this.path);
    this.index = new IndexFile(files, join(dir, `${segmentName(baseOffset)}.index`));
  }

  /** Takes the last entry of the index for the truth about everything before it, and returns its position. */
  trustIndex(fileBytes: number): number {
    while (this.index.count > 0) {
      const entry = this.index.last()!;
      if (entry.position <= fileBytes) {
        this.sizeBytes = entry.position;
        this.nextOffset = this.baseOffset + entry.relativeOffset;
        this.maxTimestampMs = entry.maxTimestampBefore;
        this.indexedBytes = entry.position;
        return entry.position;
      }
      this.index.cut(this.index.count - 1);
    }
    return 0;
  }

  /** Takes in the batches after `sizeBytes`, up to the end of the file or the first that is not whole and right. */
  scan(fileBytes: number): Scan {
    let buffer = Buffer.allocUnsafe(Math.min(SCAN_BYTES, fileBytes - this.sizeBytes));
    while (this.sizeBytes < fileBytes) {
      const count = this.file.read(buffer, Math.min(buffer.length, fileBytes - this.sizeBytes), this.sizeBytes);
      const used = this.takeIn(buffer, count);
      if (used > 0) continue;
      const wanted = count >= BATCH_HEADER_BYTES ? batchSizeBytes(buffer, 0) : 0;
      const isLonger = wanted > buffer.length && wanted <= fileBytes - this.sizeBytes;
      if (!isLonger) return { validBytes: this.sizeBytes, damaged: true };
      buffer = Buffer.allocUnsafe(wanted);
    }
    return { validBytes: this.sizeBytes, damaged: false };
  }

  /** Takes in the valid batches at the start of `buffer`; returns their length. */
  private takeIn(buffer: Buffer, count: number): number {
    let at = 0;
    while (isBatchShaped(buffer, at, count) && isCrcRight(buffer, at)) {
      const header = readBatchHeader(buffer, at);
      if (header.baseOffset < this.nextOffset || header.lastOffset < header.baseOffset) break;
      this.note(header);
      at += header.sizeBytes;
    }
    this.verifiedBytes = this.sizeBytes;
    return at;
  }

  /** Counts in a batch that is in the file at the present end. */
  private note(header: BatchHeader): void {
    if (this.sizeBytes - this.indexedBytes >= INDEX_INTERVAL_BYTES) this.mark(header.baseOffset);
    this.sizeBytes += header.sizeBytes;
    this.nextOffset = header.lastOffset + 1;
    if (header.maxTimestamp > this.maxTimestampMs) this.maxTimestampMs = header.maxTimestamp;
  }

  private mark(offset: number): void {
    this.index.add({
      relativeOffset: offset - this.baseOffset,
      position: this.sizeBytes,
      maxTimestampBefore: this.maxTimestampMs,
    });
    this.indexedBytes = this.sizeBytes;
  }

  /** Appends one placed batch, through to the disk if `sync`. If it throws, nothing was appended. */
  append(bytes: Buffer, header: BatchHeader, nowMs: number, sync = false): void {
    try {
      this.index.flush();
      this.file.write(bytes, this.sizeBytes);
      if (sync) this.file.sync();
    } catch (error) {
      this.file.truncate(this.sizeBytes);
      throw error;
    }
    this.note(header);
    this.verifiedBytes = this.sizeBytes;
    this.firstAppendMs ??= nowMs;
  }

  /** Writes the index out to its end, so that the next start need not scan. */
  seal(): void {
    if (this.index.last()?.position !== this.sizeBytes) this.mark(this.nextOffset);
    this.index.flush(true);
  }

  truncate(sizeBytes: number): void {
    this.file.truncate(sizeBytes);
  }

  /** The position of the first batch that ends at or after `offset`; the segment's size if there is none. */
  locate(offset: number): number {
    if (offset >= this.nextOffset) return this.sizeBytes;
    const hint = this.hints.get(offset);
    if (hint !== undefined) return hint;
    const entry = this.index.lastWhere((one) => one.relativeOffset <= offset - this.baseOffset);
    return this.find(entry?.position ?? 0, (at) => batchLastOffset(scratch, at) >= offset);
  }

  /** The position of the first batch with a timestamp at or after `timestampMs`; the segment's size if none has. */
  locateTime(timestampMs: number): number {
    if (this.maxTimestampMs < timestampMs) return this.sizeBytes;
    const entry = this.index.lastWhere((one) => one.maxTimestampBefore < timestampMs);
    return this.find(entry?.position ?? 0, (at) => readBatchHeader(scratch, at).maxTimestamp >= timestampMs);
  }

  /** Walks over batch headers from `start` until `isIt`, which is given where in `scratch` the header is. */
  private find(start: number, isIt: (at: number) => boolean): number {
    let position = start;
    while (position < this.sizeBytes) {
      const count = this.file.read(scratch, Math.min(scratch.length, this.sizeBytes - position), position);
      let at = 0;
      while (count - at >= BATCH_HEADER_BYTES) {
        const sizeBytes = batchSizeBytes(scratch, at);
        if (sizeBytes < BATCH_HEADER_BYTES || position + at + sizeBytes > this.sizeBytes)
          throw new CorruptSegment(this, position + at);
        if (isIt(at)) return position + at;
        at += sizeBytes;
      }
      if (at === 0) throw new CorruptSegment(this, position);
      position += at;
    }
    return this.sizeBytes;
  }

  /** Remembers that the batch at or after `offset` starts at `position`. */
  hint(offset: number, position: number): void {
    if (this.hints.size >= HINTS_MAX) this.hints.delete(this.hints.keys().next().value!);
    this.hints.set(offset, position);
  }

  headerAt(position: number): BatchHeader {
    const count = this.file.read(scratch, Math.min(BATCH_HEADER_BYTES, this.sizeBytes - position), position);
    if (count < BATCH_HEADER_BYTES) throw new CorruptSegment(this, position);
    return readBatchHeader(scratch);
  }

  /** The whole batch at `position`. */
  batchAt(position: number): Buffer {
    const { sizeBytes } = this.headerAt(position);
    if (sizeBytes < BATCH_HEADER_BYTES || position + sizeBytes > this.sizeBytes)
      throw new CorruptSegment(this, position);
    const bytes = Buffer.allocUnsafe(sizeBytes);
    this.file.read(bytes, sizeBytes, position);
    return bytes;
  }

  async syncInBackground(): Promise<void> {
    await this.file.syncInBackground();
    await this.index.syncInBackground();
  }

  close(): void {
    this.file.close();
    this.index.close();
  }

  remove(files: Files): void {
    this.close();
    files.remove(this.path);
    files.remove(this.path.replace(/log$/, 'index'));
  }
}
