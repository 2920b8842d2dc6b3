/** Samples as they come in: a ring of the newest, joined with history, and the mean rates of the last seconds. Pure. */
import type { Sample } from '../../engine/contract/index.ts';

/** Adds a sample to the ring; a repeated or older one (after a reconnect) changes nothing. */
export const appendSample = (samples: readonly Sample[], sample: Sample, max: number): readonly Sample[] => {
  const newest = samples.at(-1);
  if (newest !== undefined && sample.atMs <= newest.atMs) return samples;
  return [...samples.slice(Math.max(0, samples.length + 1 - max)), sample];
};

/** Joins history with what arrived while it was on its way: in order, each moment once. */
export const mergeSamples = (history: readonly Sample[], live: readonly Sample[], max: number): readonly Sample[] => {
  const end = history.at(-1)?.atMs ?? -Infinity;
  return [...history, ...live.filter((sample) => sample.atMs > end)].slice(-max);
};

export const rateSeconds = 10;

export const meanRates = (samples: readonly Sample[]): Record<string, number> => {
  const newest = samples.slice(-rateSeconds);
  const sums: Record<string, number> = {};
  for (const { topics, tables } of newest) {
    for (const [name, rate] of Object.entries(topics)) sums[name] = (sums[name] ?? 0) + rate;
    for (const [name, { rowsPerSecond }] of Object.entries(tables)) sums[name] = (sums[name] ?? 0) + rowsPerSecond;
  }
  return Object.fromEntries(Object.entries(sums).map(([name, total]) => [name, total / newest.length]));
};
