/** Offsets by time: ListOffsets with its special times. */
import { readBatchHeader, TIMESTAMP_TYPE_BIT, type BatchHeader } from '../records/batch.ts';
import { recordsOf } from '../records/compression.ts';
import type { PartitionLog } from './partition-log.ts';
import type { Segment } from './segment.ts';

export interface FoundOffset {
  readonly offset: number;
  readonly timestamp: number;
}

/* Times with a meaning of their own. Nothing is ever tiered: all offsets are local. */
export const LATEST = -1;
export const EARLIEST = -2;
export const MAX_TIMESTAMP = -3;
export const EARLIEST_LOCAL = -4;
export const LATEST_TIERED = -5;
const NOTHING: FoundOffset = { offset: -1, timestamp: -1 };

export const lookUpOffset = (log: PartitionLog, timestamp: number, committedOnly: boolean): FoundOffset => {
  const end = committedOnly ? log.lastStableOffset : log.nextOffset;
  if (timestamp === LATEST) return { offset: end, timestamp: -1 };
  if (timestamp === EARLIEST || timestamp === EARLIEST_LOCAL) return { offset: log.startOffset, timestamp: -1 };
  if (timestamp === MAX_TIMESTAMP) return newest(log);
  return timestamp === LATEST_TIERED ? NOTHING : log.repairing(() => firstAtOrAfter(log, timestamp, end));
};

const firstAtOrAfter = (log: PartitionLog, timestampMs: number, end: number): FoundOffset => {
  for (const segment of log.segments) {
    if (segment.maxTimestampMs < timestampMs || segment.nextOffset <= log.startOffset) continue;
    let position = segment.locateTime(timestampMs);
    while (position < segment.sizeBytes) {
      const header = segment.headerAt(position);
      if (header.baseOffset >= end) return NOTHING;
      if (header.maxTimestamp >= timestampMs) {
        const isIt = (one: FoundOffset): boolean => one.timestamp >= timestampMs && one.offset >= log.startOffset;
        const found = recordTimes(segment, position, header).find(isIt);
        if (found !== undefined) return found.offset < end ? found : NOTHING;
      }
      position += header.sizeBytes;
    }
  }
  return NOTHING;
};

const newest = (log: PartitionLog): FoundOffset => {
  const maxMs = Math.max(...log.segments.map((segment) => segment.maxTimestampMs));
  return maxMs === -1 ? NOTHING : log.repairing(() => firstAtOrAfter(log, maxMs, log.nextOffset));
};

const recordTimes = (segment: Segment, position: number, header: BatchHeader): FoundOffset[] => {
  if ((header.attributes & TIMESTAMP_TYPE_BIT) !== 0)
    return [{ offset: header.baseOffset, timestamp: header.maxTimestamp }];
  const batch = segment.batchAt(position);
  return recordsOf(batch, readBatchHeader(batch)).map((record) => ({
    offset: header.baseOffset + record.offsetDelta,
    timestamp: header.baseTimestamp + record.timestampDelta,
  }));
};
