/**
 * The last hour of samples, one a second, as one Float32 column per series: about 15 KB a series instead of objects by the
 * thousand. A series begins when it is first seen; before that, and where a sample lacks it, it is absent (NaN).
 */
import type { Sample } from '../contract/index.ts';

export const ringSeconds = 3_600;

/** A sample as named numbers, and back. Names: `kind` TAB `subject`. */
type Flat = Map<string, number>;

export class SampleRing {
  readonly #capacity: number;
  readonly #atMs: Float64Array;
  readonly #series = new Map<string, Float32Array>();
  #count = 0;

  constructor(capacity: number = ringSeconds) {
    this.#capacity = capacity;
    this.#atMs = new Float64Array(capacity);
  }

  add(sample: Sample): void {
    const slot = this.#count % this.#capacity;
    this.#atMs[slot] = sample.atMs;
    for (const column of this.#series.values()) column[slot] = Number.NaN;
    for (const [name, value] of flatten(sample)) this.#column(name)[slot] = value;
    this.#count += 1;
  }

  /** Samples in [fromMs, toMs], averaged into steps; a step's time is its newest sample's. */
  history(fromMs: number, toMs: number, stepMs: number): Sample[] {
    const steps = new Map<number, number[]>();
    for (const slot of this.#slots()) {
      const atMs = this.#atMs[slot]!;
      if (atMs < fromMs || atMs > toMs) continue;
      const step = Math.floor(atMs / stepMs);
      const slots = steps.get(step);
      if (slots) slots.push(slot);
      else steps.set(step, [slot]);
    }
    return [...steps.values()].map((slots) => this.#average(slots));
  }

  *#slots(): Generator<number> {
    const first = Math.max(0, this.#count - this.#capacity);
    for (let i = first; i < this.#count; i++) yield i % this.#capacity;
  }

  #average(slots: readonly number[]): Sample {
    const flat: Flat = new Map();
    for (const [name, column] of this.#series) {
      const values = slots.map((slot) => column[slot]!).filter((value) => !Number.isNaN(value));
      if (values.length > 0) flat.set(name, values.reduce((sum, value) => sum + value, 0) / values.length);
    }
    return unflatten(this.#atMs[slots.at(-1)!]!, flat);
  }

  #column(name: string): Float32Array {
    const known = this.#series.get(name);
    if (known) return known;
    const column = new Float32Array(this.#capacity).fill(Number.NaN);
    this.#series.set(name, column);
    return column;
  }
}

const flatten = (sample: Sample): Flat => {
  const flat: Flat = new Map();
  for (const [topic, rate] of Object.entries(sample.topics)) flat.set(`topic\t${topic}`, rate);
  for (const [table, figures] of Object.entries(sample.tables))
    for (const [figure, value] of Object.entries(figures)) flat.set(`${figure}\t${table}`, value);
  if (sample.freshnessMs) {
    flat.set('freshness\tp50', sample.freshnessMs.p50);
    flat.set('freshness\tp99', sample.freshnessMs.p99);
  }
  for (const [process, { rssBytes, cpuPercent }] of Object.entries(sample.processes)) {
    flat.set(`rssBytes\t${process}`, rssBytes);
    flat.set(`cpuPercent\t${process}`, cpuPercent);
  }
  return flat;
};

const tableFigures = new Set(['rowsPerSecond', 'lagMessages', 'lagSeconds', 'batchMs']);

const unflatten = (atMs: number, flat: Flat): Sample => {
  const topics: Record<string, number> = {};
  const tables: Record<string, { rowsPerSecond: number }> = {};
  const processes: Record<string, { rssBytes: number; cpuPercent: number }> = {};
  for (const [name, value] of flat) {
    const [figure = '', subject = ''] = name.split('\t');
    if (figure === 'topic') topics[subject] = value;
    else if (tableFigures.has(figure)) tables[subject] = { rowsPerSecond: 0, ...tables[subject], [figure]: value };
    else if (figure === 'rssBytes' || figure === 'cpuPercent')
      processes[subject] = { rssBytes: 0, cpuPercent: 0, ...processes[subject], [figure]: value };
  }
  const [p50, p99] = [flat.get('freshness\tp50'), flat.get('freshness\tp99')];
  return { atMs, topics, tables, freshnessMs: p50 === undefined || p99 === undefined ? null : { p50, p99 }, processes };
};
