/**
 * Freshness (produced → visible in gold) as percentiles over a window, from the pipeline's cumulative histogram: the window's
 * share is the difference of two readings.
 */
export interface Histogram {
  /** Upper bounds of the buckets, ascending; the last bucket (one more count than bounds) is open. */
  readonly boundsMs: readonly number[];
  readonly counts: readonly number[];
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

/** The counts that came after `before`. A pipeline that restarted counts from zero: then all of `now` is new. */
export const since = (now: Histogram, before: Histogram | undefined): Histogram => {
  const restarted = !before || now.counts.some((count, i) => count < (before.counts[i] ?? 0));
  if (restarted) return now;
  return { boundsMs: now.boundsMs, counts: now.counts.map((count, i) => count - (before.counts[i] ?? 0)) };
};

export const add = (a: Histogram | undefined, b: Histogram): Histogram =>
  a ? { boundsMs: b.boundsMs, counts: b.counts.map((count, i) => count + (a.counts[i] ?? 0)) } : b;

const total = (histogram: Histogram): number => histogram.counts.reduce((sum, count) => sum + count, 0);

/** The value below which the fraction lies, interpolated within its bucket; the open bucket gives its lower bound. */
export const quantile = ({ boundsMs, counts }: Histogram, fraction: number): number => {
  const target = fraction * counts.reduce((sum, count) => sum + count, 0);
  let below = 0;
  for (const [i, count] of counts.entries()) {
    if (below + count >= target && count > 0) {
      const low = i === 0 ? 0 : boundsMs[i - 1]!;
      const high = boundsMs[i] ?? low;
      return low + ((target - below) / count) * (high - low);
    }
    below += count;
  }
  return boundsMs.at(-1) ?? 0;
};

export const percentiles = (histogram: Histogram | undefined): Percentiles | null =>
  histogram && total(histogram) > 0
    ? { p50: Math.round(quantile(histogram, 0.5)), p99: Math.round(quantile(histogram, 0.99)) }
    : null;

/** Keeps the readings of the last minute. */
export class FreshnessWindow {
  readonly #windowMs: number;
  readonly #readings: { readonly atMs: number; readonly histogram: Histogram }[] = [];
  #accumulated: Histogram | undefined;
  #last: Histogram | undefined;

  constructor(windowMs = 60_000) {
    this.#windowMs = windowMs;
  }

  /** A reading of the cumulative histogram. Restarts of the pipeline are joined. */
  read(atMs: number, histogram: Histogram): void {
    this.#accumulated = add(this.#accumulated, since(histogram, this.#last));
    this.#last = histogram;
    this.#readings.push({ atMs, histogram: this.#accumulated });
    while (this.#readings.length > 1 && this.#readings[1]!.atMs < atMs - this.#windowMs) this.#readings.shift();
  }

  /** Over the last minute; null while nothing became visible. */
  recent(): Percentiles | null {
    const [first] = this.#readings;
    if (!this.#accumulated || !first) return null;
    return percentiles(this.#readings.length === 1 ? this.#accumulated : since(this.#accumulated, first.histogram));
  }

  /** All since the beginning, or since `mark()`. */
  mark(): Histogram | undefined {
    return this.#accumulated;
  }

  sinceMark(mark: Histogram | undefined): Percentiles | null {
    return this.#accumulated ? percentiles(since(this.#accumulated, mark)) : null;
  }
}
