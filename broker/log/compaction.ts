/**
 * Compaction: of each key only the newest record stays, at its old offset. Two passes over closed segments, as in Kafka:
 * which offset is the newest of each key, then a copy of the segments without the others. Tombstones stay for
 * delete.retention.ms after they were first compacted (KIP-534: the batch carries the time at which they may go).
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { TopicSettings } from '../catalog/topic-config.ts';
import {
  buildBatch,
  DELETE_HORIZON_BIT,
  isControl,
  isTransactional,
  TIMESTAMP_TYPE_BIT,
  type BatchHeader,
} from '../records/batch.ts';
import { recordsOf, recompress } from '../records/compression.ts';
import { encodeRecords, type StoredRecord } from '../records/records.ts';
import { batchesOf, type StoredBatch } from './batches.ts';
import type { PartitionLog } from './partition-log.ts';
import { Segment, segmentName } from './segment.ts';

/** Keys that one pass can tell apart; what is left is for the next. Bounds the memory that compaction takes. */
const KEYS_MAX = 200_000;
const KEY_BYTES_MAX = 32;
const RELATIVE_OFFSET_MAX = 2 ** 31;

type Newest = Map<string, number>;

/** Long keys are told apart by a digest, so that the map's size does not depend on them. */
const keyText = (key: Buffer): string =>
  key.length <= KEY_BYTES_MAX ? key.toString('latin1') : createHash('sha256').update(key).digest().toString('latin1');

/** Compacts a log if enough has come since the last time. Returns the bytes that were saved, or undefined. */
export const compact = async (
  log: PartitionLog,
  settings: TopicSettings,
  nowMs: number,
): Promise<number | undefined> => {
  const closed = compactable(log, settings, nowMs);
  const dirty = closed.filter((segment) => segment.nextOffset > log.compactedTo);
  const totalBytes = sizeOf(closed);
  const isWorthIt = sizeOf(dirty) > 0 && sizeOf(dirty) / totalBytes >= settings.dirtyRatioMin;
  if (!isWorthIt && (closed.length === 0 || log.tombstonesGoAtMs > nowMs)) return undefined;
  const { newest, end } = await findNewest(log, dirty);
  log.tombstonesGoAtMs = Infinity;
  const involved = closed.filter((segment) => segment.baseOffset < end);
  for (const group of groupsOf(involved, settings.segmentBytes)) {
    if (!(await rewrite(log, group, { newest, settings, nowMs }))) return undefined;
  }
  log.noteCompacted(end);
  return totalBytes - sizeOf(compactable(log, settings, nowMs));
};

const sizeOf = (segments: readonly Segment[]): number => segments.reduce((sum, one) => sum + one.sizeBytes, 0);

/** Closed segments with nothing in them that is still undecided or too young. */
const compactable = (log: PartitionLog, settings: TopicSettings, nowMs: number): Segment[] => {
  const closed = log.segments.slice(0, -1);
  const isReady = (segment: Segment): boolean =>
    segment.nextOffset <= log.lastStableOffset &&
    (settings.compactionLagMinMs === 0 || nowMs - segment.maxTimestampMs >= settings.compactionLagMinMs);
  const firstUnready = closed.findIndex((segment) => !isReady(segment));
  return firstUnready === -1 ? closed : closed.slice(0, firstUnready);
};

const isAborted = (log: PartitionLog, header: BatchHeader): boolean =>
  isTransactional(header) &&
  !isControl(header) &&
  log.producers.aborted.some(
    (one) =>
      one.producerId === header.producerId &&
      header.baseOffset >= one.firstOffset &&
      header.baseOffset <= one.lastOffset,
  );

const findNewest = async (log: PartitionLog, dirty: readonly Segment[]): Promise<{ newest: Newest; end: number }> => {
  const newest: Newest = new Map();
  for (const segment of dirty) {
    for await (const { header, bytes } of batchesOf(segment)) {
      if (isControl(header) || isAborted(log, header)) continue;
      if (newest.size + header.recordCount > KEYS_MAX && newest.size > 0) return { newest, end: header.baseOffset };
      for (const { key, offsetDelta } of recordsOf(bytes, header)) {
        if (key !== null) newest.set(keyText(key), header.baseOffset + offsetDelta);
      }
    }
  }
  return { newest, end: dirty.at(-1)?.nextOffset ?? log.compactedTo };
};

/** Neighbours that fit into one segment together are put together, so that logs do not end as many tiny files. */
const groupsOf = (segments: readonly Segment[], segmentBytes: number): Segment[][] => {
  const groups: Segment[][] = [];
  for (const segment of segments) {
    const group = groups.at(-1);
    const fits =
      group !== undefined &&
      sizeOf(group) + segment.sizeBytes <= segmentBytes &&
      segment.nextOffset - group[0]!.baseOffset < RELATIVE_OFFSET_MAX;
    if (fits) group.push(segment);
    else groups.push([segment]);
  }
  return groups;
};

interface Rules {
  readonly newest: Newest;
  readonly settings: TopicSettings;
  readonly nowMs: number;
}

/** Replaces a group of segments by one with what stays. false: the log has changed meanwhile, and nothing was done. */
const rewrite = async (log: PartitionLog, group: readonly Segment[], rules: Rules): Promise<boolean> => {
  const { files, dir } = log.options;
  const [first, last] = [group[0]!, group.at(-1)!];
  const cleanedPath = join(dir, `${segmentName(first.baseOffset)}.cleaned`);
  files.remove(cleanedPath);
  const file = files.open(cleanedPath);
  try {
    let size = 0;
    for (const segment of group) {
      for await (const batch of batchesOf(segment)) {
        if (log.isClosed) return false;
        const kept = keep(log, batch, rules);
        if (kept === undefined) continue;
        file.write(kept, size);
        size += kept.length;
      }
    }
    file.truncate(size);
    await file.syncInBackground();
  } finally {
    file.close();
  }
  const at = log.segments.indexOf(first);
  const isUnchanged = !log.isClosed && group.every((segment, number) => log.segments[at + number] === segment);
  if (at === -1 || !isUnchanged) {
    files.remove(cleanedPath);
    return false;
  }
  const swapPath = join(dir, `${segmentName(first.baseOffset)}-${segmentName(last.nextOffset)}.swap`);
  files.rename(cleanedPath, swapPath);
  for (const segment of group) segment.remove(files);
  files.rename(swapPath, first.path);
  const segment = new Segment(files, dir, first.baseOffset);
  segment.scan(files.sizeBytes(segment.path) ?? 0);
  segment.nextOffset = last.nextOffset;
  segment.seal();
  log.segments.splice(at, group.length, segment);
  return true;
};

/** What stays of a batch; undefined if nothing does. */
const keep = (log: PartitionLog, { header, bytes }: StoredBatch, rules: Rules): Buffer | undefined => {
  const goesAtMs = (header.attributes & DELETE_HORIZON_BIT) !== 0 ? header.baseTimestamp : undefined;
  if (isControl(header)) return keepMarker(bytes, header, rules);
  if (isAborted(log, header)) return undefined;
  const records = recordsOf(bytes, header);
  const kept = records.filter((record) => stays(record, header, goesAtMs, rules));
  if (kept.length === 0) return undefined;
  const hasTombstones = kept.some((record) => record.value === null);
  const horizonMs = hasTombstones ? (goesAtMs ?? rules.nowMs + rules.settings.deleteRetentionMs) : undefined;
  if (horizonMs !== undefined) log.tombstonesGoAtMs = Math.min(log.tombstonesGoAtMs, horizonMs);
  if (kept.length === records.length && horizonMs === goesAtMs) return bytes;
  return rebuild(header, kept, horizonMs);
};

/** Markers stay as long as tombstones would: by then all that they end has been compacted too. */
const keepMarker = (bytes: Buffer, header: BatchHeader, { nowMs, settings }: Rules): Buffer | undefined =>
  nowMs - header.maxTimestamp > settings.deleteRetentionMs ? undefined : bytes;

const stays = (record: StoredRecord, header: BatchHeader, goesAtMs: number | undefined, rules: Rules): boolean => {
  if (record.key === null) return false;
  const newest = rules.newest.get(keyText(record.key));
  if (newest !== undefined && newest > header.baseOffset + record.offsetDelta) return false;
  return record.value !== null || goesAtMs === undefined || goesAtMs > rules.nowMs;
};

/** The batch with fewer records, at the same offsets. A horizon takes the place of the base timestamp. */
const rebuild = (header: BatchHeader, kept: readonly StoredRecord[], horizonMs: number | undefined): Buffer => {
  const times = kept.map((record) => header.baseTimestamp + record.timestampDelta);
  const baseTimestamp = horizonMs ?? times[0]!;
  const records = kept.map((record, at) => ({ ...record, timestampDelta: times[at]! - baseTimestamp }));
  const isStamped = (header.attributes & TIMESTAMP_TYPE_BIT) !== 0;
  const { compression, bytes } = recompress(header, encodeRecords(records));
  const flags = header.attributes & ~(7 | DELETE_HORIZON_BIT);
  return buildBatch(
    {
      ...header,
      attributes: flags | compression | (horizonMs === undefined ? 0 : DELETE_HORIZON_BIT),
      baseTimestamp,
      maxTimestamp: isStamped ? header.maxTimestamp : Math.max(...times),
      recordCount: kept.length,
    },
    bytes,
  );
};
