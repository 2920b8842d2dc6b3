/** From samples to what charts draw: aligned columns, stacks, gaps. Pure arithmetic. */
import type { Sample } from '../../engine/contract/index.ts';

/** One value per moment; null where it is not known. */
export interface Series {
  readonly name: string;
  readonly values: readonly (number | null)[];
}
export interface Columns {
  /** Seconds since 1970, as uPlot wants them. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
}

/** The step of time at which `rangeMs` has a few hundred points: whole seconds, then round numbers of them. */
export const stepFor = (rangeMs: number): number => {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
  const seconds = steps.find((step) => rangeMs / 1000 / step <= 450) ?? 3600;
  return seconds * 1000;
};

const gapSteps = 2.5;

/** Puts an empty moment into every gap, so that a line does not pretend to know what was in between. */
export const withGaps = (samples: readonly Sample[], stepMs: number): readonly (Sample | { readonly atMs: number })[] =>
  samples.flatMap((sample, index) => {
    const before = samples[index - 1];
    const gap = before !== undefined && sample.atMs - before.atMs > gapSteps * stepMs;
    return gap ? [{ atMs: before.atMs + stepMs }, sample] : [sample];
  });

type Values = Readonly<Record<string, number | undefined>>;

/** Columns of what `pick` finds in each sample, by name in the order of first appearance. */
export const columnsOf = (samples: readonly Sample[], stepMs: number, pick: (sample: Sample) => Values): Columns => {
  const moments = withGaps(samples, stepMs);
  const picked = moments.map((moment) => ('topics' in moment ? pick(moment) : {}));
  const names = [
    ...new Set(picked.flatMap((values) => Object.keys(values).filter((name) => values[name] !== undefined))),
  ];
  return {
    times: moments.map((moment) => moment.atMs / 1000),
    series: names.map((name) => ({ name, values: picked.map((values) => values[name] ?? null) })),
  };
};

/** Each series on top of those before it. Where one is unknown, it adds nothing. */
export const stack = (series: readonly Series[]): (number | null)[][] => {
  let below: number[] = [];
  return series.map(({ values }) => {
    const sums = values.map((value, index) => (below[index] ?? 0) + (value ?? 0));
    below = sums;
    return sums.map((sum, index) => (values[index] === null ? null : sum));
  });
};

/** Samples of newer history in place of older ones of the same step; nothing before `fromMs`. */
export const mergeSteps = (
  older: readonly Sample[],
  newer: readonly Sample[],
  stepMs: number,
  fromMs: number,
): Sample[] => {
  const first = newer[0];
  if (first === undefined) return older.filter((sample) => sample.atMs >= fromMs);
  const firstStep = Math.floor(first.atMs / stepMs);
  const kept = older.filter((sample) => Math.floor(sample.atMs / stepMs) < firstStep);
  return [...kept, ...newer].filter((sample) => sample.atMs >= fromMs);
};

/** The moment nearest to `time`, at most `within` away; -1 when there is none. */
export const nearest = (times: readonly number[], time: number, within = Infinity): number => {
  let low = 0;
  let high = times.length - 1;
  if (high < 0) return -1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < time) low = middle + 1;
    else high = middle;
  }
  const found = low > 0 && time - times[low - 1]! < times[low]! - time ? low - 1 : low;
  return Math.abs(times[found]! - time) <= within ? found : -1;
};

/** The newest known value within the last few moments; further back it would be old news. */
export const latestValue = (values: readonly (number | null)[]): number | null =>
  values.slice(-5).findLast((value) => value !== null) ?? null;
