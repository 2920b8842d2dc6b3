/**
 * Once a second: joins what the processes reported into one sample, keeps it in the ring, and tells who listens.
 */
import { EventEmitter, on } from 'node:events';
import type { HistoryInput, NodeStatus, ProcessState, Sample } from '../contract/index.ts';
import type { Percentiles } from '../children/roles.ts';
import { nodeStatuses, readRates, type Reports, topicId, topicsOf } from './nodes.ts';
import { Rates } from './rates.ts';
import { SampleRing } from './ring.ts';

const everyMs = 1_000;

export class Sampler {
  readonly #reports: { -readonly [P in keyof Reports]: Reports[P] } = {};
  readonly #rates = new Rates();
  readonly #ring = new SampleRing();
  readonly #ticks = new EventEmitter().setMaxListeners(0);
  readonly #processes: () => readonly ProcessState[];
  #timer: NodeJS.Timeout | undefined;

  constructor(processes: () => readonly ProcessState[]) {
    this.#processes = processes;
  }

  start(): void {
    this.#timer = setInterval(() => this.#tick(), everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** A process reported. Rates are read now, when the counters are fresh, and not when the second is full. */
  report<P extends keyof Reports>(process: P, report: NonNullable<Reports[P]>): void {
    this.#reports[process] = report;
    readRates(process, this.#reports, this.#rates, Date.now());
  }

  get reports(): Reports {
    return this.#reports;
  }

  nodes(): Record<string, NodeStatus> {
    const statuses = nodeStatuses(this.#reports, this.#rates);
    for (const table of Object.keys(this.#reports.pipeline?.tables ?? {}))
      statuses[table] = { ...statuses[table]!, perSecond: this.#rates.get(table) };
    return statuses;
  }

  /** Produced → visible in gold, over the last minute. */
  freshness(): Percentiles | null {
    return this.#reports.pipeline?.freshnessLastMinute ?? null;
  }

  history({ fromMs, toMs, stepMs }: HistoryInput): Sample[] {
    return this.#ring.history(fromMs, toMs, stepMs);
  }

  /** The samples from now on. */
  async *ticks(signal?: AbortSignal): AsyncGenerator<Sample> {
    try {
      for await (const [sample] of on(this.#ticks, 'tick', signal ? { signal } : {})) yield sample as Sample;
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
  }

  #tick(): void {
    const sample = this.#sample();
    this.#ring.add(sample);
    this.#ticks.emit('tick', sample);
  }

  #sample(): Sample {
    const { pipeline } = this.#reports;
    const topics = Object.keys(topicsOf(this.#reports)).map((topic) => [topic, this.#rates.get(topicId(topic))]);
    const tables = Object.entries(pipeline?.tables ?? {}).map(([table, { lagMessages, lagSeconds, batchMs }]) => [
      table,
      {
        rowsPerSecond: this.#rates.get(table),
        ...(lagMessages !== undefined && { lagMessages }),
        ...(lagSeconds !== undefined && { lagSeconds }),
        ...(batchMs !== undefined && { batchMs }),
      },
    ]);
    const processes = this.#processes().map(({ name, rssBytes, cpuPercent }) => [name, { rssBytes, cpuPercent }]);
    return {
      atMs: Date.now(),
      topics: Object.fromEntries(topics) as Sample['topics'],
      tables: Object.fromEntries(tables) as Sample['tables'],
      freshnessMs: this.freshness(),
      processes: Object.fromEntries(processes) as Sample['processes'],
    };
  }
}
