/**
 * The running city: takes events from the stream, writes them to the shop, posts them to the gateway, and keeps the ledger.
 *
 * Kafka and the shop are fed from one sequence, but each has its own position, and after a crash either may be ahead. So a
 * start first brings the one that is behind up to the other (`catchUp`), then both go on together (`feed`).
 */
import { eventTypes } from '../schemas/index.ts';
import { batchMax, feed, post } from './feed/feed.ts';
import type { FeedEnd } from './feed/feed.ts';
import { Run } from './feed/run.ts';
import type { RunConfig, RunStatus } from './feed/run.ts';
import { openLedger } from './ledger.ts';
import type { Ledger, TopicCounts } from './ledger.ts';
import { openShop } from './shop/shop.ts';
import type { Shop } from './shop/shop.ts';
import { EventStream, startMark } from './stream.ts';
import type { Batch } from './stream.ts';
import { createWorld } from './world.ts';
import type { World, WorldOptions } from './world.ts';

export interface SimulatorConfig extends WorldOptions, RunConfig {
  /** Stop after that many events of this source (counted from its very first one). Default: never. */
  maxEvents?: number;
  oltpPath: string;
  ledgerPath: string;
}

export interface SimulatorState extends RunStatus {
  /** Events of this source so far, over all its lives. */
  generated: number;
  acknowledged: number;
  /** Event time of the newest event; null before the first. */
  virtualTimeMs: number | null;
  seed: number;
}

/** Cumulative over this process's life, where not said otherwise. */
export interface SimulatorMetrics {
  /** By topic, over all lives of the source. */
  topics: Record<string, TopicCounts>;
  generated: number;
  acknowledged: number;
  virtualTimeMs: number | null;
  posts: number;
  retries: number;
  bytes: number;
  shopChanges: number;
  shopSequence: number;
}

export interface Simulator {
  pause(): void;
  resume(): void;
  setRate(ratePerSecond: number | null): void;
  state(): SimulatorState;
  metrics(): SimulatorMetrics;
  /** `finished`: maxEvents are acknowledged and applied. `stopped`: stop() came first. Rejects with a SimulatorError. */
  done: Promise<'finished' | 'stopped'>;
  stop(): Promise<void>;
}

const markEvery = 100_000;
const saveEveryMs = 1000;

/** Opens the databases and starts the city. Does not wait for the gateway: `state().waitingForGateway` says if it is away. */
export async function startSimulator(config: SimulatorConfig): Promise<Simulator> {
  const city = new City(config);
  const run = new Run(config, {
    path: '/v1/events',
    live: (started) => city.live(started),
    close: () => city.close(),
  });
  return {
    pause: () => run.pause(),
    resume: () => run.resume(),
    setRate: (ratePerSecond) => run.setRate(ratePerSecond),
    state: () => ({ ...run.status(), ...city.position(), seed: config.seed }),
    metrics: () => ({ ...city.metrics(), retries: run.gateway.retries() }),
    done: run.done,
    stop: () => run.stop(),
  };
}

class City {
  readonly #config: SimulatorConfig;
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #shop: Shop;
  readonly #acknowledged: number[] = eventTypes.map(() => 0);
  #stream: EventStream | undefined;
  #virtualTimeMs: number | null = null;
  #posts = 0;
  #bytes = 0;
  #markedAt = 0;
  #savedAtMs: number;

  constructor(config: SimulatorConfig) {
    this.#config = config;
    this.#world = createWorld(config);
    this.#ledger = openLedger(config.ledgerPath);
    this.#shop = this.#openShop();
    this.#savedAtMs = config.now();
  }

  async live(run: Run): Promise<FeedEnd> {
    const answer = await run.gateway.nextSequence();
    if (answer.kind !== 'ok') return answer;
    const caughtUp = await this.#catchUp(run, answer.value);
    if (caughtUp.kind !== 'finished') return caughtUp;
    run.pacer.setRate(run.pacer.ratePerSecond, run.now());
    return feed<Batch>({ ...run, take: (max) => this.#take(run, max), acknowledged: (batch) => this.#book(batch) });
  }

  position(): Pick<SimulatorState, 'generated' | 'acknowledged' | 'virtualTimeMs'> {
    const generated = this.#stream?.sequence ?? 0;
    return { generated, acknowledged: sum(this.#acknowledged), virtualTimeMs: this.#virtualTimeMs };
  }

  metrics(): Omit<SimulatorMetrics, 'retries'> {
    return {
      ...this.position(),
      topics: Object.fromEntries(this.#topicCounts()),
      posts: this.#posts,
      bytes: this.#bytes,
      shopChanges: this.#shop.changes(),
      shopSequence: this.#shop.position(),
    };
  }

  close(): void {
    try {
      if (this.#stream !== undefined) this.#save(this.#config.now());
    } finally {
      this.#shop.close();
      this.#ledger.close();
    }
  }

  #openShop(): Shop {
    const { oltpPath: path, source, now, seed } = this.#config;
    try {
      this.#ledger.register({ source, kind: 'simulator', identity: this.#world.key, detail: `seed ${seed}` });
      return openShop({ path, world: this.#world, source, now });
    } catch (error) {
      this.#ledger.close();
      throw error;
    }
  }

  /** From the lower of the two positions to the higher, without pacing; each side gets only what it lacks. */
  async #catchUp(run: Run, inKafka: number): Promise<FeedEnd> {
    const inShop = this.#shop.position();
    const stream = this.#openStream(Math.min(inKafka, inShop));
    if (inKafka + inShop > 0) this.#config.log('info', `${this.#config.source} resumes`, { inKafka, inShop });
    while (stream.sequence < Math.max(inKafka, inShop)) {
      if (run.signal.aborted) return { kind: 'stopped' };
      const bound = stream.sequence < inKafka ? inKafka : inShop;
      const batch = this.#next(stream, Math.min(batchMax, bound - stream.sequence), run);
      if (batch.firstSequence < inKafka) {
        this.#addAcknowledged(batch.counts);
        continue;
      }
      const end = await post(run.gateway, batch, (booked) => this.#book(booked));
      if (end.kind !== 'finished') return end;
    }
    return { kind: 'finished' };
  }

  /** All that is before the position is acknowledged: Kafka has it. */
  #openStream(sequence: number): EventStream {
    const stream = new EventStream(this.#world, this.#ledger.markBefore(this.#config.source, sequence) ?? startMark);
    stream.skipTo(sequence);
    this.#acknowledged.fill(0);
    this.#addAcknowledged(stream.counts);
    this.#stream = stream;
    return stream;
  }

  #take(run: Run, max: number): Batch | undefined {
    const stream = this.#stream!;
    const left = (this.#config.maxEvents ?? Infinity) - stream.sequence;
    return left <= 0 ? undefined : this.#next(stream, Math.min(max, left), run);
  }

  #next(stream: EventStream, count: number, run: Run): Batch {
    const batch = stream.take(count);
    // At a rate, every step of an order is a transaction of its own; at full speed many share one.
    this.#shop.apply(batch.operations, stream.sequence, run.pacer.ratePerSecond === null ? 200 : 1);
    this.#virtualTimeMs = batch.lastTimeMs;
    return batch;
  }

  #book(batch: Batch): void {
    this.#posts++;
    this.#bytes += batch.body.length;
    this.#addAcknowledged(batch.counts);
    const sinceMs = this.#config.now() - this.#savedAtMs;
    if (sinceMs >= saveEveryMs || sinceMs < 0) this.#save(this.#config.now());
  }

  #save(nowMs: number): void {
    const mark = this.#stream!.mark;
    const isDue = mark.sequence - this.#markedAt >= markEvery;
    if (isDue) this.#markedAt = mark.sequence;
    this.#ledger.save(this.#config.source, this.#topicCounts(), isDue ? mark : undefined);
    this.#savedAtMs = nowMs;
  }

  #addAcknowledged(counts: readonly number[]): void {
    for (const [type, count] of counts.entries()) this.#acknowledged[type]! += count;
  }

  #topicCounts(): Map<string, TopicCounts> {
    const generated = this.#stream?.counts ?? startMark.counts;
    const acknowledged = this.#acknowledged;
    return new Map(
      eventTypes.map((topic, type) => [topic, { generated: generated[type]!, acknowledged: acknowledged[type]! }]),
    );
  }
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
