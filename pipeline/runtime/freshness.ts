/**
 * Freshness: from the moment a record was produced (its Kafka timestamp) to the commit of a gold table that it is part of.
 *
 * Exact for every record and cheap: the produced times of a batch are counted in slots of 5 ms, travel along with the
 * version that the batch became, and turn into durations when a gold table that read that version commits.
 */

const slotMs = 5;
const coarseMs = 1000;
const slotsMax = 4096;

/** How many records were produced when. */
export class ProducedTimes {
  private counts = new Map<number, number>();
  private widthMs = slotMs;
  private lastSlot = Number.NaN;
  private lastCount = 0;

  add(timestampMs: number): void {
    const slot = Math.floor(timestampMs / this.widthMs);
    if (slot !== this.lastSlot) this.flush(slot);
    this.lastCount += 1;
  }

  get isEmpty(): boolean {
    return this.lastCount === 0 && this.counts.size === 0;
  }

  merge(other: ProducedTimes): void {
    for (const [timestampMs, count] of other.entries()) this.addMany(timestampMs, count);
  }

  /** Middle of the slot, and how many. */
  *entries(): Generator<[timestampMs: number, count: number]> {
    this.flush(Number.NaN);
    for (const [slot, count] of this.counts) yield [(slot + 0.5) * this.widthMs, count];
  }

  /** The oldest record's time, to the slot; undefined when empty. */
  oldestMs(): number | undefined {
    this.flush(Number.NaN);
    return this.counts.size === 0 ? undefined : Math.min(...this.counts.keys()) * this.widthMs;
  }

  private addMany(timestampMs: number, count: number): void {
    this.add(timestampMs);
    this.lastCount += count - 1;
  }

  private flush(next: number): void {
    if (this.lastCount > 0) this.counts.set(this.lastSlot, (this.counts.get(this.lastSlot) ?? 0) + this.lastCount);
    this.lastSlot = next;
    this.lastCount = 0;
    if (this.counts.size > slotsMax && this.widthMs === slotMs) this.coarsen();
  }

  /** A backlog spans hours: seconds are fine enough there. */
  private coarsen(): void {
    const factor = coarseMs / slotMs;
    const coarse = new Map<number, number>();
    for (const [slot, count] of this.counts) {
      const wide = Math.floor(slot / factor);
      coarse.set(wide, (coarse.get(wide) ?? 0) + count);
    }
    this.counts = coarse;
    this.widthMs = coarseMs;
    this.lastSlot = Number.NaN;
  }
}

const subBuckets = 64;

/** Durations counted in buckets that grow with the value: below 1.6 % off, whatever its size. */
export class Histogram {
  private counts = new Map<number, number>();
  count = 0;

  add(valueMs: number, times = 1): void {
    const bucket = bucketOf(Math.max(0, valueMs));
    this.counts.set(bucket, (this.counts.get(bucket) ?? 0) + times);
    this.count += times;
  }

  merge(other: Histogram): void {
    for (const [bucket, count] of other.counts) this.counts.set(bucket, (this.counts.get(bucket) ?? 0) + count);
    this.count += other.count;
  }

  /** The smallest value that at least `share` of all are not above; undefined when empty. */
  quantile(share: number): number | undefined {
    if (this.count === 0) return undefined;
    let left = Math.max(1, Math.ceil(share * this.count));
    for (const bucket of [...this.counts.keys()].toSorted((a, b) => a - b)) {
      left -= this.counts.get(bucket)!;
      if (left <= 0) return upperBound(bucket);
    }
    return undefined;
  }
}

/** Values up to 128 have a bucket each; above, each power of two is cut into 64. */
const bucketOf = (value: number): number => {
  const whole = Math.floor(value);
  if (whole < subBuckets * 2) return whole;
  const exponent = Math.floor(Math.log2(whole / subBuckets));
  return exponent * subBuckets + Math.floor(whole / 2 ** exponent);
};

const upperBound = (bucket: number): number => {
  if (bucket < subBuckets * 2) return bucket;
  const exponent = Math.floor(bucket / subBuckets) - 1;
  return (bucket - exponent * subBuckets + 1) * 2 ** exponent - 1;
};

export interface FreshnessSummary {
  readonly count: number;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly lastMinute: { readonly count: number; readonly p50: number | null; readonly p99: number | null };
}

const minuteMs = 60_000;

/** All durations since the start, and those of the last minute by the second. */
export class Freshness {
  private readonly total = new Histogram();
  private readonly seconds = new Map<number, Histogram>();

  /** A gold table committed at `nowMs`, and these records are in it for the first time. */
  record(produced: ProducedTimes, nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    let recent = this.seconds.get(second);
    if (recent === undefined) this.seconds.set(second, (recent = new Histogram()));
    for (const [timestampMs, count] of produced.entries()) {
      this.total.add(nowMs - timestampMs, count);
      recent.add(nowMs - timestampMs, count);
    }
    this.forget(nowMs);
  }

  summary(nowMs: number): FreshnessSummary {
    this.forget(nowMs);
    const recent = new Histogram();
    for (const each of this.seconds.values()) recent.merge(each);
    return { ...figures(this.total), lastMinute: figures(recent) };
  }

  private forget(nowMs: number): void {
    for (const second of this.seconds.keys()) if (second * 1000 < nowMs - minuteMs) this.seconds.delete(second);
  }
}

const figures = (histogram: Histogram): { count: number; p50: number | null; p99: number | null } => ({
  count: histogram.count,
  p50: histogram.quantile(0.5) ?? null,
  p99: histogram.quantile(0.99) ?? null,
});
