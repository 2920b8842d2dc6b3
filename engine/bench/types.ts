/** What a benchmark gives: named figures with their units. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

export interface BenchResult {
  readonly bench: string;
  /** how it was measured, in one line */
  readonly how: string;
  readonly figures: readonly Figure[];
}

export interface BenchOptions {
  readonly seconds: number;
  /** another Kafka, `host:port` */
  readonly against?: string;
  readonly tell: (text: string) => void;
}

/** Runs `work` again and again for so long; gives how much it did a second. */
export const perSecond = async (seconds: number, work: () => number | Promise<number>): Promise<number> => {
  const beganAtMs = performance.now();
  let done = 0;
  while (performance.now() - beganAtMs < seconds * 1000) done += await work();
  return Math.round(done / ((performance.now() - beganAtMs) / 1000));
};

/** Of each message that the benchmarks produce. */
export const messageBytes = 240;
