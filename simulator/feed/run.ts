/** The life of a source that feeds the gateway: running, paused, and how it ended. What it feeds is the caller's. */
import { asSimulatorError, messageOf } from '../failure.ts';
import type { Log, SimulatorError } from '../failure.ts';
import type { FeedEnd } from './feed.ts';
import { connectGateway } from './gateway.ts';
import type { Gateway } from './gateway.ts';
import { Pacer } from './pacer.ts';
import { sleep } from './sleep.ts';
import type { Sleep } from './sleep.ts';

export interface RunConfig {
  gatewayUrl: string;
  /** The name under which the gateway and the ledger keep this run's position. The same name resumes. */
  source: string;
  /** Events per second; `null`: as fast as it goes. */
  ratePerSecond: number | null;
  log: Log;
  /** Wall clock, milliseconds: for pacing and for the change log's `ts_ms`, never for content. */
  now: () => number;
  /** For tests of pacing. */
  sleep?: Sleep;
}

export type RunPhase = 'running' | 'paused' | 'finished' | 'stopped' | 'failed';

export interface RunStatus {
  phase: RunPhase;
  ratePerSecond: number | null;
  /** Set while the gateway does not answer: why. */
  waitingForGateway?: string;
  problem?: { code: string; message: string; hint: string };
}

export interface RunParts {
  /** Where on the gateway the lines go. */
  path: string;
  keyField?: string;
  /** Asks for the position, feeds from there until it ends. May throw. Called again after a gap. */
  live: (run: Run) => Promise<FeedEnd>;
  /** Puts everything away, whatever the end. May throw. */
  close: () => void;
}

type Settled = Exclude<FeedEnd, { kind: 'gap' }>;

const gapPauseMs = 200;

export class Run {
  readonly gateway: Gateway;
  readonly pacer: Pacer;
  readonly signal: AbortSignal;
  readonly sleep: Sleep;
  readonly now: () => number;
  readonly done: Promise<'finished' | 'stopped'>;
  readonly #source: string;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  #phase: Exclude<RunPhase, 'paused'> = 'running';
  #problem: SimulatorError | undefined;

  constructor(config: RunConfig, parts: RunParts) {
    const { gatewayUrl: url, source, log } = config;
    this.#log = log;
    this.#source = source;
    this.now = config.now;
    this.sleep = config.sleep ?? sleep;
    this.signal = this.#stopping.signal;
    this.pacer = new Pacer(config.ratePerSecond, config.now());
    const { path, keyField } = parts;
    const key = keyField === undefined ? {} : { keyField };
    this.gateway = connectGateway({ url, source, path, ...key, signal: this.signal, sleep: this.sleep, log });
    this.done = this.#live(parts);
    this.done.catch((error: unknown) => log('error', messageOf(error), { source }));
  }

  pause(): void {
    this.pacer.setPaused(true, this.now());
  }

  resume(): void {
    this.pacer.setPaused(false, this.now());
  }

  setRate(ratePerSecond: number | null): void {
    this.pacer.setRate(ratePerSecond, this.now());
  }

  status(): RunStatus {
    const trouble = this.gateway.trouble();
    const problem = this.#problem;
    return {
      phase: this.#phase === 'running' && this.pacer.paused ? 'paused' : this.#phase,
      ratePerSecond: this.pacer.ratePerSecond,
      ...(trouble === undefined ? {} : { waitingForGateway: trouble }),
      ...(problem === undefined
        ? {}
        : { problem: { code: problem.code, message: problem.message, hint: problem.hint } }),
    };
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.done.then(undefined, () => undefined); // what went wrong is told by `done`
  }

  async #live(parts: RunParts): Promise<'finished' | 'stopped'> {
    await Promise.resolve(); // first let the constructor finish: `live` uses what it makes
    try {
      const end = await this.#closing(parts);
      if (end.kind === 'failed') throw end.error;
      this.#phase = end.kind;
      return end.kind;
    } catch (error) {
      this.#phase = 'failed';
      this.#problem = asSimulatorError(error);
      throw this.#problem;
    }
  }

  /** An error while living is the one that is told, even if closing fails as well. */
  async #closing(parts: RunParts): Promise<Settled> {
    const end = await this.#withoutGaps(parts).catch((error: unknown): Settled => ({ kind: 'failed', error }));
    this.gateway.close();
    try {
      parts.close();
    } catch (error) {
      if (end.kind !== 'failed') return { kind: 'failed', error };
      this.#log('error', messageOf(error));
    }
    return end;
  }

  async #withoutGaps(parts: RunParts): Promise<Settled> {
    for (;;) {
      const end = await parts.live(this);
      if (end.kind !== 'gap') return end;
      this.#log('warn', `${this.#source}: Kafka has lost events that it had; they are sent again`);
      await this.sleep(gapPauseMs, this.signal);
    }
  }
}
