/**
 * Rates from cumulative counters, over a short window, so that what comes in batches (a table's commits) does not jump between
 * nothing and double. A counter that fell began anew with its process: the window begins anew too.
 */
interface Reading {
  readonly atMs: number;
  readonly value: number;
}

export class Rates {
  readonly #readings = new Map<string, Reading[]>();

  /** Takes a reading and gives the rate per second, over about `windowMs` or since the reading before, whichever is longer. */
  read(name: string, value: number, atMs: number, windowMs = 0): number {
    const readings = this.#readings.get(name) ?? [];
    this.#readings.set(name, readings);
    const last = readings.at(-1);
    // The same moment again (a report that came late) says nothing new.
    if (last && atMs <= last.atMs) return this.get(name);
    if (last && value < last.value) readings.length = 0;
    readings.push({ atMs, value });
    while (readings.length > 2 && readings[1]!.atMs <= atMs - windowMs) readings.shift();
    return this.get(name);
  }

  get(name: string): number {
    const readings = this.#readings.get(name);
    const [first, last] = [readings?.[0], readings?.at(-1)];
    return first && last && last.atMs > first.atMs ? ((last.value - first.value) / (last.atMs - first.atMs)) * 1000 : 0;
  }
}
