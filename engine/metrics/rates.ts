/** Rates from cumulative counters. A counter that fell began anew with its process; that second counts as nothing. */
export class Rates {
  readonly #last = new Map<string, { readonly atMs: number; readonly value: number }>();
  readonly #rates = new Map<string, number>();

  /** Takes a reading and gives the rate per second since the one before. */
  read(name: string, value: number, atMs: number): number {
    const before = this.#last.get(name);
    const elapsedMs = before ? atMs - before.atMs : 0;
    // The same reading again (a report that came late) says nothing new.
    if (before && elapsedMs <= 0) return this.get(name);
    this.#last.set(name, { atMs, value });
    const rate = before && value >= before.value ? ((value - before.value) / elapsedMs) * 1000 : 0;
    this.#rates.set(name, rate);
    return rate;
  }

  get(name: string): number {
    return this.#rates.get(name) ?? 0;
  }
}
