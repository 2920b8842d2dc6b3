/**
 * The log of one partition: segments in order, its producers, and who waits for more. Appends are synchronous and in
 * order. What a batch must be to get in is decided elsewhere (`accept.ts`); reading (`reads.ts`) and recovery
 * (`recovery.ts`) stand on their own.
 */
import { join } from 'node:path';
import { placeBatch, readBatchHeader, type BatchHeader } from '../records/batch.ts';
import { buildMarker, type Marker } from '../records/markers.ts';
import { isStorageError } from '../errors.ts';
import type { Log } from '../types.ts';
import type { BufferPool } from './buffer-pool.ts';
import type { Files } from './files.ts';
import { isMarker, Producers } from './producers.ts';
import { bytesFrom, readBatches, type ReadRequest } from './reads.ts';
import { openSegments, repair, restoreProducers, saveProducers } from './recovery.ts';
import { CorruptSegment, Segment } from './segment.ts';

const SNAPSHOT_EVERY_BYTES = 16 * 1024 * 1024;
const RELATIVE_OFFSET_MAX = 2 ** 31;
export const LEADER_EPOCH = 0;
const START_OFFSET = 'start-offset';
const COMPACTED_TO = 'compacted-to';

export interface LogSettings {
  readonly segmentBytes: number;
  readonly segmentMs: number;
  /** fsync when so many records wait for it; Infinity leaves it to the operating system */
  readonly flushMessages: number;
}

export interface LogOptions {
  readonly files: Files;
  readonly dir: string;
  /** Asked at each use, so that a changed topic configuration counts at once. */
  readonly settings: () => LogSettings;
  readonly pool: BufferPool;
  readonly log: Log;
  /** false: the machine may have gone down since, so that the end of the log is checked from further back */
  readonly trustTail: boolean;
}

/** One that waits for a partition to grow. */
export interface Waiter {
  grown(bytes: number): void;
}

export class PartitionLog {
  readonly options: LogOptions;
  segments: Segment[];
  startOffset: number;
  readonly producers = new Producers();
  readonly waiters = new Set<Waiter>();
  /** Up to here each key has been looked at by compaction. */
  compactedTo: number;
  /** When the first tombstone that compaction has kept may go. */
  tombstonesGoAtMs = Infinity;
  /** The topic is gone or the broker stopped. */
  isClosed = false;
  private unsnapshottedBytes = 0;
  private unflushedRecords = 0;
  /** Up to where the last snapshot of the producers goes; undefined: there never was a producer with an id. */
  private snapshotOffset: number | undefined;

  constructor(options: LogOptions) {
    this.options = options;
    const names = options.files.list(options.dir);
    if (names.length === 0) options.files.makeDir(options.dir);
    this.segments = openSegments(options, names);
    const saved = savedNumber(options, START_OFFSET, names);
    this.startOffset = Math.max(this.segments[0]!.baseOffset, Math.min(saved, this.nextOffset));
    this.compactedTo = savedNumber(options, COMPACTED_TO, names);
    this.snapshotOffset = restoreProducers(this, names);
  }

  get active(): Segment {
    return this.segments.at(-1)!;
  }
  /** The end of the log, which with one broker is the high watermark too. */
  get nextOffset(): number {
    return this.active.nextOffset;
  }
  get lastStableOffset(): number {
    return this.producers.firstUnstableOffset() ?? this.nextOffset;
  }
  get sizeBytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
  }

  /** Appends one accepted batch, giving it its offsets in place. If it throws, the log is as before. */
  append(bytes: Buffer, nowMs: number): BatchHeader {
    placeBatch(bytes, 0, this.nextOffset, LEADER_EPOCH);
    const header = readBatchHeader(bytes);
    if (header.producerId >= 0 && this.snapshotOffset === undefined) this.saveSnapshot();
    this.rollIfDue(header, nowMs);
    const mustFlush = this.unflushedRecords + header.recordCount >= this.options.settings().flushMessages;
    this.active.append(bytes, header, nowMs, mustFlush);
    this.unflushedRecords = mustFlush ? 0 : this.unflushedRecords + header.recordCount;
    if (header.producerId >= 0 && !isMarker(header)) this.producers.note(header);
    this.appended(header.sizeBytes);
    return header;
  }

  /** Ends a transaction in this partition. */
  appendMarker(producerId: number, producerEpoch: number, marker: Marker, nowMs: number): void {
    const header = this.append(buildMarker(producerId, producerEpoch, marker, nowMs).bytes, nowMs);
    this.producers.noteMarker(header, marker.commit, marker.coordinatorEpoch);
    for (const waiter of this.waiters) waiter.grown(Infinity);
  }

  private appended(bytes: number): void {
    this.unsnapshottedBytes += bytes;
    if (this.snapshotOffset !== undefined && this.unsnapshottedBytes > SNAPSHOT_EVERY_BYTES) this.saveSnapshot();
    for (const waiter of this.waiters) waiter.grown(bytes);
  }

  private rollIfDue(next: BatchHeader, nowMs: number): void {
    const { active } = this;
    if (active.sizeBytes === 0) return;
    const { segmentBytes, segmentMs } = this.options.settings();
    const isFull = active.sizeBytes + next.sizeBytes > segmentBytes;
    const isOld = nowMs - (active.firstAppendMs ??= nowMs) > segmentMs;
    if (isFull || isOld || next.lastOffset - active.baseOffset > RELATIVE_OFFSET_MAX) this.roll();
  }

  /** Closes the active segment and begins the next. One that covers no offset stays: the next would have its name. */
  roll(): void {
    const closed = this.active;
    if (closed.nextOffset === closed.baseOffset) return;
    closed.seal();
    if (this.snapshotOffset !== undefined) this.saveSnapshot();
    this.segments.push(new Segment(this.options.files, this.options.dir, closed.nextOffset));
    if (this.options.settings().flushMessages < Infinity) closed.file.sync();
    this.unflushedRecords = 0;
    closed.syncInBackground().catch((error: unknown) => {
      this.options.log('warn', `${closed.path} could not be flushed to the disk`, { error: String(error) });
    });
  }

  private saveSnapshot(): void {
    if (this.snapshotOffset === this.nextOffset) return;
    saveProducers(this, this.snapshotOffset === undefined);
    this.snapshotOffset = this.nextOffset;
    this.unsnapshottedBytes = 0;
  }

  /** Batches from an offset on. undefined: there is nothing there yet. */
  read(request: ReadRequest): ReturnType<typeof readBatches> {
    return readBatches(this, request);
  }

  /** Which segment an offset belongs to, by number. */
  segmentIndexOf(offset: number): number {
    let low = 0;
    let high = this.segments.length - 1;
    if (offset >= this.segments[high]!.baseOffset) return high;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.segments[middle]!.baseOffset <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Bytes that a reader at `offset` could get, without reading them. */
  availableBytes(offset: number, upTo: number): number {
    return offset >= upTo ? 0 : this.repairing(() => bytesFrom(this, offset, upTo));
  }

  /** Looks something up; if that meets damaged bytes, they are taken out first. */
  repairing<T>(lookUp: () => T): T {
    try {
      return lookUp();
    } catch (error) {
      if (!(error instanceof CorruptSegment)) throw error;
      repair(this, error.segment, error.position);
      return this.repairing(lookUp);
    }
  }

  /** Moves the start of the log up; whole segments before it go. */
  deleteBefore(offset: number): void {
    this.options.files.replace(join(this.options.dir, START_OFFSET), Buffer.from(String(offset)));
    this.startOffset = offset;
    while (this.segments.length > 1 && this.segments[1]!.baseOffset <= offset) this.removeFirst();
  }

  /** Removes the oldest segment, which must not be the one that is written to. */
  removeFirst(): void {
    this.segments.shift()!.remove(this.options.files);
    this.startOffset = Math.max(this.startOffset, this.segments[0]!.baseOffset);
  }

  /** Everything before is compacted. */
  noteCompacted(offset: number): void {
    this.options.files.replace(join(this.options.dir, COMPACTED_TO), Buffer.from(String(offset)));
    this.compactedTo = offset;
  }

  /** Writes everything out so that the next start finds it without a scan. */
  close(): void {
    this.isClosed = true;
    try {
      if (this.active.sizeBytes > 0) this.active.seal();
      if (this.snapshotOffset !== undefined) this.saveSnapshot();
    } catch (error) {
      if (!isStorageError(error)) throw error;
      const hint = 'Nothing is lost: the next start reads the end of the log instead.';
      this.options.log('warn', `The index of ${this.active.path} cannot be written`, { error: String(error), hint });
    }
    for (const segment of this.segments) segment.close();
  }

  /** Lets go of the files without writing anything (the topic is being deleted). */
  abandon(): void {
    this.isClosed = true;
    for (const segment of this.segments) segment.close();
  }
}

/** A number that is kept in a small file of its own; 0 if there is none. `names`: the files that there are. */
const savedNumber = ({ files, dir }: LogOptions, name: string, names: readonly string[]): number =>
  names.includes(name) ? Number(files.readAll(join(dir, name))?.toString('utf8')) || 0 : 0;
