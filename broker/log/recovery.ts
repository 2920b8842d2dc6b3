/**
 * How a partition's log comes back after a stop, a kill or a power cut, and what is done about damaged bytes: an
 * unfinished write at the end is cut off; damage further in is taken out, the damaged file being kept aside.
 */
import { join } from 'node:path';
import {
  BATCH_HEADER_BYTES,
  batchSizeBytes,
  isBatchShaped,
  isCrcRight,
  readBatchHeader,
  type BatchHeader,
} from '../records/batch.ts';
import { readMarker } from '../records/markers.ts';
import { isMarker, type ProducersSnapshot } from './producers.ts';
import type { LogOptions, PartitionLog } from './partition-log.ts';
import { Segment } from './segment.ts';

const LOG_FILE = /^(\d{20})\.log$/;

/** Opens all segments of a folder; at least one. */
export const openSegments = (options: LogOptions, names: readonly string[]): Segment[] => {
  const { files, dir } = options;
  const bases = (finishSwaps(options, names) ? files.list(dir) : names)
    .flatMap((name) => LOG_FILE.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => a - b);
  if (bases.length === 0) bases.push(0);
  return bases.map((base, number) => {
    const isActive = number === bases.length - 1;
    const segment = openSegment(options, base, isActive);
    if (!isActive) segment.nextOffset = bases[number + 1]!;
    return segment;
  });
};

const SWAP_FILE = /^(\d{20})-(\d{20})\.swap$/;

/** Completes what a kill interrupted: a complete compacted copy takes the place of what it was made from. Answers whether one did. */
const finishSwaps = ({ files, dir }: LogOptions, names: readonly string[]): boolean => {
  let hasSwapped = false;
  for (const name of names) {
    if (name.endsWith('.cleaned') || name.endsWith('.salvaged')) files.remove(join(dir, name));
    const swap = SWAP_FILE.exec(name);
    if (swap === null) continue;
    const isReplaced = (base: string): boolean => base >= swap[1]! && base < swap[2]!;
    for (const old of names.filter((one) => /^\d{20}\.(log|index)$/.test(one) && isReplaced(one.slice(0, 20)))) {
      files.remove(join(dir, old));
    }
    files.rename(join(dir, name), join(dir, `${swap[1]!}.log`));
    hasSwapped = true;
  }
  return hasSwapped;
};

const openSegment = (options: LogOptions, base: number, isActive: boolean): Segment => {
  const { files, dir } = options;
  const segment = new Segment(files, dir, base);
  const fileBytes = files.sizeBytes(segment.path) ?? 0;
  if (isActive && !options.trustTail) segment.index.cut(0);
  segment.trustIndex(fileBytes);
  const { damaged, validBytes } = segment.scan(fileBytes);
  if (!damaged) return finish(segment, isActive);
  if (!isActive || goesOnAfter(segment, validBytes, fileBytes)) return salvage(options, segment, validBytes);
  options.log('warn', `${segment.path} ended in an unfinished write of ${fileBytes - validBytes} bytes, now cut off`);
  segment.truncate(validBytes);
  return segment;
};

const finish = (segment: Segment, isActive: boolean): Segment => {
  if (!isActive && segment.index.last()?.position !== segment.sizeBytes) segment.seal();
  return segment;
};

/** Whether a right batch follows the damaged one, so that it was damaged later and not written in part. */
const goesOnAfter = (segment: Segment, position: number, fileBytes: number): boolean => {
  const bytes = readAt(segment, position, fileBytes);
  if (!isBatchShaped(bytes, 0, bytes.length)) return false;
  const next = readAt(segment, position + batchSizeBytes(bytes, 0), fileBytes);
  return isBatchShaped(next, 0, next.length) && isCrcRight(next);
};

/** The bytes of the batch at `position`, as far as they are there. */
const readAt = (segment: Segment, position: number, fileBytes: number): Buffer => {
  const header = Buffer.alloc(BATCH_HEADER_BYTES);
  if (position + BATCH_HEADER_BYTES > fileBytes) return Buffer.alloc(0);
  segment.file.read(header, BATCH_HEADER_BYTES, position);
  const sizeBytes = batchSizeBytes(header, 0);
  if (sizeBytes < BATCH_HEADER_BYTES || position + sizeBytes > fileBytes) return header;
  const bytes = Buffer.allocUnsafe(sizeBytes);
  segment.file.read(bytes, sizeBytes, position);
  return bytes;
};

/** Keeps a damaged segment aside under another name, and puts what is right in it in its place. */
const salvage = (options: LogOptions, damaged: Segment, position: number, endOffset = Infinity): Segment => {
  const { files, dir, log } = options;
  const fileBytes = files.sizeBytes(damaged.path) ?? 0;
  const copyPath = `${damaged.path}.salvaged`;
  files.remove(copyPath);
  const copy = files.open(copyPath);
  const keptBytes = copyRight(damaged, fileBytes, endOffset, (bytes, at) => copy.write(bytes, at));
  copy.sync();
  copy.close();
  const aside = asideName(files.list(dir), damaged.path);
  const { nextOffset } = damaged;
  damaged.close();
  files.rename(damaged.path, aside);
  files.remove(damaged.path.replace(/log$/, 'index'));
  files.rename(copyPath, damaged.path);
  const segment = new Segment(files, dir, damaged.baseOffset);
  segment.scan(keptBytes);
  segment.nextOffset = Math.max(segment.nextOffset, nextOffset);
  segment.seal();
  log('error', `${damaged.path} is damaged at byte ${position}: ${fileBytes - keptBytes} bytes could not be kept`, {
    code: 'CORRUPT_SEGMENT',
    aside,
    hint: `The file as it was is kept as ${aside}; all other records are served.`,
  });
  return segment;
};

const asideName = (names: readonly string[], path: string): string => {
  for (let number = 1; ; number++) {
    const aside = `${path}.corrupt-${number}`;
    if (!names.some((name) => aside.endsWith(name))) return aside;
  }
};

/** Copies all right batches, stepping over damaged ones with the help of their length or of the index. */
const copyRight = (
  segment: Segment,
  fileBytes: number,
  endOffset: number,
  write: (bytes: Buffer, at: number) => void,
): number => {
  let copied = 0;
  let nextOffset = segment.baseOffset;
  for (let position = 0; position < fileBytes;) {
    const bytes = readAt(segment, position, fileBytes);
    const isShaped = isBatchShaped(bytes, 0, bytes.length);
    const isRight = isShaped && isCrcRight(bytes) && isBetween(readBatchHeader(bytes), nextOffset, endOffset);
    if (isRight) {
      write(bytes, copied);
      copied += bytes.length;
      nextOffset = readBatchHeader(bytes).lastOffset + 1;
    }
    const next = isRight || isShaped ? position + bytes.length : nextIndexed(segment, position);
    if (next === undefined) break;
    position = next;
  }
  return copied;
};

/** A batch's offset is not under its CRC: where it stands tells whether it can be right. */
const isBetween = ({ baseOffset, lastOffset }: BatchHeader, from: number, end: number): boolean =>
  baseOffset >= from && lastOffset < end;

const nextIndexed = (segment: Segment, position: number): number | undefined => {
  for (let number = 0; number < segment.index.count; number++) {
    const entry = segment.index.at(number);
    if (entry.position > position) return entry.position;
  }
  return undefined;
};

/** Repairs a segment that was found damaged while it was read. */
export const repair = (log: PartitionLog, segment: Segment, position: number): void => {
  const at = log.segments.indexOf(segment);
  if (at === -1) return; // another reader was first
  log.segments[at] = salvage(log.options, segment, position, segment.nextOffset);
};

const SNAPSHOT = 'producers.json';
const snapshotPath = (log: PartitionLog): string => join(log.options.dir, SNAPSHOT);

/**
 * Only the first snapshot is flushed: that there is one tells that the log has producers. A later one that a power cut
 * leaves unreadable is made good from the log.
 */
export const saveProducers = (log: PartitionLog, flush: boolean): void => {
  const snapshot = Buffer.from(JSON.stringify(log.producers.snapshot(log.nextOffset)));
  log.options.files.replace(snapshotPath(log), snapshot, flush);
};

/** Restores the producers from the snapshot and what the log has after it. Answers up to where the snapshot went; undefined: no producer ever. */
export const restoreProducers = (log: PartitionLog, names: readonly string[]): number | undefined => {
  const stored = names.includes(SNAPSHOT) ? log.options.files.readAll(snapshotPath(log)) : undefined;
  if (stored === undefined) return undefined;
  const snapshot = parseSnapshot(stored);
  const isUsable = snapshot !== undefined && snapshot.offset <= log.nextOffset;
  if (isUsable) log.producers.restore(snapshot);
  replay(log, isUsable ? snapshot.offset : log.startOffset);
  return isUsable ? snapshot.offset : -1;
};

const parseSnapshot = (stored: Buffer): ProducersSnapshot | undefined => {
  try {
    const parsed = JSON.parse(stored.toString('utf8')) as ProducersSnapshot;
    return Array.isArray(parsed.producers) && Array.isArray(parsed.aborted) ? parsed : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // written by a machine that went down: the log tells it all again
    throw error;
  }
};

const replay = (log: PartitionLog, from: number): void => {
  for (let at = log.segmentIndexOf(from); at < log.segments.length; at++) {
    const segment = log.segments[at]!;
    for (let position = segment.locate(from); position < segment.sizeBytes;) {
      const header = segment.headerAt(position);
      if (header.producerId >= 0 && !isMarker(header)) log.producers.note(header);
      if (isMarker(header)) {
        const marker = readMarker(segment.batchAt(position));
        if (marker !== undefined) log.producers.noteMarker(header, marker.commit, marker.coordinatorEpoch);
      }
      position += header.sizeBytes;
    }
  }
};
