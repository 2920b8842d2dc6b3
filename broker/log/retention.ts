/** Lets old records go, whole segments at a time: by age, by the size of the partition, or because they were deleted. */
import type { TopicSettings } from '../catalog/topic-config.ts';
import type { PartitionLog } from './partition-log.ts';

const PRODUCER_SILENCE_MS = 86_400_000;

/** Returns how many segments went. The segment that is being written goes only when all of it is too old. */
export const retain = (log: PartitionLog, settings: TopicSettings, nowMs: number): number => {
  const before = log.segments.length;
  if (settings.deletes) removeOld(log, settings, nowMs);
  while (log.segments.length > 1 && log.segments[1]!.baseOffset <= log.startOffset) log.removeFirst();
  log.producers.forget(log.startOffset, nowMs - PRODUCER_SILENCE_MS);
  return Math.max(0, before - log.segments.length);
};

const removeOld = (log: PartitionLog, settings: TopicSettings, nowMs: number): void => {
  const isOld = (at: number): boolean => {
    const { maxTimestampMs } = log.segments[at]!;
    return maxTimestampMs >= 0 && nowMs - maxTimestampMs > settings.retentionMs;
  };
  const isTooMuch = (): boolean => log.sizeBytes - log.segments[0]!.sizeBytes >= settings.retentionBytes;
  while (log.segments.length > 1 && (isOld(0) || isTooMuch())) log.removeFirst();
  if (log.segments.length > 1 || log.active.sizeBytes === 0 || !isOld(0)) return;
  log.roll();
  log.removeFirst();
};
