/**
 * The running city: takes events from the stream, writes them to the shop, posts them to the gateway, and keeps the ledger.
 *
 * Kafka and the shop are fed from one sequence, but each has its own position, and after a crash either may be ahead. So a
 * start first brings the one that is behind up to the other (`catchUp`), then both go on together (`feed`).
 */
import { eventTypes } from '../schemas/index.ts';
import { messageOf, SimulatorError } from './failure.ts';
import type { Log } from './failure.ts';
import { batchMax, feed, post } from './feed/feed.ts';
import type { FeedEnd } from './feed/feed.ts';
import { connectGateway } from './feed/gateway.ts';
import type { Gateway } from './feed/gateway.ts';
import { Pacer } from './feed/pacer.ts';
import { sleep } from './feed/sleep.ts';
import type { Sleep } from './feed/sleep.ts';
import { openLedger } from './ledger.ts';
import type { Ledger, TopicCounts } from './ledger.ts';
import { openShop } from './shop/shop.ts';
import type { Shop } from './shop/shop.ts';
import { EventStream, startMark } from './stream.ts';
import type { Batch } from './stream.ts';
import { createWorld } from './world.ts';
import type { World, WorldOptions } from './world.ts';

export interface SimulatorConfig extends WorldOptions {
  /** Events per second; `null`: as fast as it goes. */
  ratePerSecond: number | null;
  /** Stop after that many events of this source (counted from its very first one). Default: never. */
  maxEvents?: number;
  gatewayUrl: string;
  oltpPath: string;
  ledgerPath: string;
  /** The name under which the gateway and the ledger keep this run's position. The same name resumes. */
  source: string;
  log: Log;
  /** Wall clock, milliseconds: for pacing and for the change log's `ts_ms`, never for content. */
  now: () => number;
  /** For tests of pacing. */
  sleep?: Sleep;
}

export type SimulatorPhase = 'running' | 'paused' | 'finished' | 'stopped' | 'failed';

export interface SimulatorState {
  phase: SimulatorPhase;
  ratePerSecond: number | null;
  /** Events of this source so far, over all its lives. */
  generated: number;
  acknowledged: number;
  /** Event time of the newest event; null before the first. */
  virtualTimeMs: number | null;
  seed: number;
  /** Set while the gateway does not answer: why. */
  waitingForGateway?: string;
  problem?: { code: string; message: string; hint: string };
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

const catchUpBatch = batchMax;
const markEvery = 100_000;
const saveEveryMs = 1000;

/** Opens the databases and starts the city. Does not wait for the gateway: `state().waitingForGateway` says if it is away. */
export function startSimulator(config: SimulatorConfig): Promise<Simulator> {
  return Promise.resolve().then(() => new City(config));
}

class City implements Simulator {
  readonly done: Promise<'finished' | 'stopped'>;
  readonly #config: SimulatorConfig;
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #shop: Shop;
  readonly #gateway: Gateway;
  readonly #pacer: Pacer;
  readonly #stopping = new AbortController();
  readonly #acknowledged: number[] = eventTypes.map(() => 0);
  #stream: EventStream | undefined;
  #phase: 'running' | 'finished' | 'stopped' | 'failed' = 'running';
  #problem: SimulatorError | undefined;
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
    this.#gateway = connectGateway({
      url: config.gatewayUrl,
      source: config.source,
      path: '/v1/events',
      signal: this.#stopping.signal,
      sleep: config.sleep ?? sleep,
      log: config.log,
    });
    this.#pacer = new Pacer(config.ratePerSecond, config.now());
    this.#savedAtMs = config.now();
    this.done = this.#live();
    this.done.catch((error: unknown) => config.log('error', messageOf(error), { source: config.source }));
  }

  pause(): void {
    this.#pacer.setPaused(true, this.#config.now());
  }

  resume(): void {
    this.#pacer.setPaused(false, this.#config.now());
  }

  setRate(ratePerSecond: number | null): void {
    this.#pacer.setRate(ratePerSecond, this.#config.now());
  }

  state(): SimulatorState {
    const trouble = this.#gateway.trouble();
    const problem = this.#problem;
    return {
      phase: this.#phase === 'running' && this.#pacer.paused ? 'paused' : this.#phase,
      ratePerSecond: this.#pacer.ratePerSecond,
      generated: sum(this.#generated()),
      acknowledged: sum(this.#acknowledged),
      virtualTimeMs: this.#virtualTimeMs,
      seed: this.#world.seed,
      ...(trouble === undefined ? {} : { waitingForGateway: trouble }),
      ...(problem === undefined
        ? {}
        : { problem: { code: problem.code, message: problem.message, hint: problem.hint } }),
    };
  }

  metrics(): SimulatorMetrics {
    return {
      topics: Object.fromEntries(this.#topicCounts()),
      generated: sum(this.#generated()),
      acknowledged: sum(this.#acknowledged),
      virtualTimeMs: this.#virtualTimeMs,
      posts: this.#posts,
      retries: this.#gateway.retries(),
      bytes: this.#bytes,
      shopChanges: this.#shop.changes(),
      shopSequence: this.#shop.position(),
    };
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.done.then(undefined, () => undefined); // what went wrong is told by `done`
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

  async #live(): Promise<'finished' | 'stopped'> {
    try {
      const end = await this.#run();
      if (end.kind === 'failed') throw end.error;
      this.#phase = end.kind;
      return end.kind;
    } catch (error) {
      this.#phase = 'failed';
      this.#problem = asSimulatorError(error);
      throw this.#problem;
    } finally {
      this.#close();
    }
  }

  async #run(): Promise<FeedEnd> {
    const answer = await this.#gateway.nextSequence();
    if (answer.kind !== 'ok') return answer;
    const caughtUp = await this.#catchUp(answer.value);
    if (caughtUp.kind !== 'finished') return caughtUp;
    this.#pacer.setRate(this.#pacer.ratePerSecond, this.#config.now());
    const { now, sleep: wait = sleep } = this.#config;
    return feed<Batch>({
      gateway: this.#gateway,
      pacer: this.#pacer,
      take: (max) => this.#take(max),
      acknowledged: (batch) => this.#book(batch),
      now,
      sleep: wait,
      signal: this.#stopping.signal,
    });
  }

  /** From the lower of the two positions to the higher, without pacing; each side gets only what it lacks. */
  async #catchUp(inKafka: number): Promise<FeedEnd> {
    const inShop = this.#shop.position();
    const from = Math.min(inKafka, inShop);
    const stream = new EventStream(this.#world, this.#ledger.markBefore(this.#config.source, from) ?? startMark);
    stream.skipTo(from);
    this.#stream = stream;
    this.#addAcknowledged(stream.counts);
    if (from > 0) this.#config.log('info', `${this.#config.source} resumes`, { inKafka, inShop });
    while (stream.sequence < Math.max(inKafka, inShop)) {
      if (this.#stopping.signal.aborted) return { kind: 'stopped' };
      const bound = stream.sequence < inKafka ? inKafka : inShop;
      const batch = this.#next(Math.min(catchUpBatch, bound - stream.sequence));
      if (batch.firstSequence < inKafka) this.#addAcknowledged(batch.counts);
      else {
        const end = await post(this.#gateway, batch, (booked) => this.#book(booked));
        if (end.kind !== 'finished') return end;
      }
    }
    return { kind: 'finished' };
  }

  #take(max: number): Batch | undefined {
    const left = (this.#config.maxEvents ?? Infinity) - this.#stream!.sequence;
    return left <= 0 ? undefined : this.#next(Math.min(max, left));
  }

  #next(count: number): Batch {
    const batch = this.#stream!.take(count);
    // At a rate, every step of an order is a transaction of its own; at full speed many share one.
    this.#shop.apply(batch.operations, this.#stream!.sequence, this.#pacer.ratePerSecond === null ? 200 : 1);
    this.#virtualTimeMs = batch.lastTimeMs;
    return batch;
  }

  #book(batch: Batch): void {
    this.#posts++;
    this.#bytes += batch.body.length;
    this.#addAcknowledged(batch.counts);
    const nowMs = this.#config.now();
    if (nowMs - this.#savedAtMs >= saveEveryMs || nowMs < this.#savedAtMs) this.#save(nowMs);
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

  #generated(): readonly number[] {
    return this.#stream?.counts ?? startMark.counts;
  }

  #topicCounts(): Map<string, TopicCounts> {
    const generated = this.#generated();
    return new Map(
      eventTypes.map((topic, type) => [
        topic,
        { generated: generated[type]!, acknowledged: this.#acknowledged[type]! },
      ]),
    );
  }

  #close(): void {
    this.#gateway.close();
    try {
      if (this.#stream !== undefined) this.#save(this.#config.now());
    } catch (error) {
      this.#config.log('error', messageOf(error));
    }
    this.#shop.close();
    this.#ledger.close();
  }
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

function asSimulatorError(error: unknown): SimulatorError {
  if (error instanceof SimulatorError) return error;
  return new SimulatorError(
    'SIMULATOR_FAILED',
    `The simulator failed: ${messageOf(error)}.`,
    'This is a bug: please report it with the log. Restarting resumes where it was.',
    error,
  );
}
