/** Table properties that Delta defines and this lake honours. https://docs.delta.io/latest/table-properties.html */

const UNIT_MS: Record<string, number> = {
  millisecond: 1,
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};

/** `interval 1 week`, `interval 2 days 12 hours`. */
function intervalMs(text: string | undefined): number | undefined {
  const parts = [...(text ?? '').toLowerCase().matchAll(/(\d+)\s+(millisecond|second|minute|hour|day|week)s?\b/g)];
  return parts.length === 0
    ? undefined
    : parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNIT_MS[unit!]!, 0);
}

export type Properties = Record<string, string>;

/** How long removed files stay on the disk at least, for those who still read an older version. */
export const deletedFileRetentionMs = (properties: Properties): number =>
  intervalMs(properties['delta.deletedFileRetentionDuration']) ?? UNIT_MS['week']!;

/** How long commits stay, for time travel and history. */
export const logRetentionMs = (properties: Properties): number =>
  intervalMs(properties['delta.logRetentionDuration']) ?? 30 * UNIT_MS['day']!;

export const checkpointInterval = (properties: Properties): number => {
  const interval = Number(properties['delta.checkpointInterval'] ?? 10);
  return Number.isInteger(interval) && interval > 0 ? interval : 10;
};
