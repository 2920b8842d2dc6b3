/**
 * What every flow's runner has in common: it takes one step at a time, remembers how it goes, and after a failure starts
 * over from what the lake says, with growing pauses. One flow's failure is its own.
 */
import type { Lake, Sql } from '../../lake/index.ts';
import type { Log } from '../log.ts';
import type { Dataset } from '../plan/types.ts';
import { describe, problemOf, type Problem } from '../problems.ts';
import type { ProducedTimes } from './freshness.ts';
import type { TableHandle } from './table-handle.ts';

export interface RunnerContext {
  readonly sql: Sql;
  readonly lake: Lake;
  readonly tmpDir: string;
  readonly log: Log;
  readonly now: () => number;
  readonly handle: (table: string) => TableHandle;
  readonly onGold: GoldListener;
  /** How long each view's newest refresh took. */
  readonly viewDurationsMs: Map<string, number>;
  /** Before work on so many rows: as many threads as they are worth. */
  readonly scaleTo: (rows: number) => Promise<void>;
}

/** A gold table committed. */
export type GoldListener = (produced: ProducedTimes, nowMs: number) => void;

/** `worked`: a batch was committed; `idle`: there was nothing to do. */
export type StepResult = 'worked' | 'idle';

export type RunnerState = 'idle' | 'running' | 'waiting' | 'failed';

const backoffFirstMs = 500;
const backoffMaxMs = 30_000;
const awayMs = 500;

export abstract class Runner {
  readonly dataset: Dataset;
  protected readonly context: RunnerContext;
  protected readonly handle: TableHandle;
  state: RunnerState = 'idle';
  problem: Problem | undefined;
  failures = 0;
  batches = 0;
  lastBatchMs: number | undefined;
  /** Not before this time, unless someone waits for the result. */
  protected dueAtMs = 0;
  /** After a failure. */
  private retryAtMs = 0;
  private recovered = false;

  constructor(dataset: Dataset, context: RunnerContext) {
    this.dataset = dataset;
    this.context = context;
    this.handle = context.handle(dataset.name);
  }

  /** Read from the lake where this flow stands. */
  protected abstract recover(): Promise<void>;
  /** Plan, run and commit one batch. */
  protected abstract batch(): Promise<StepResult>;
  /** Is more waiting, as far as is known? */
  abstract readonly hasBacklog: boolean;
  /** Does the committed table reflect this version of what it reads? */
  abstract hasRead(source: string, version: number): boolean;
  /** Release what outlives a batch. */
  async close(): Promise<void> {}

  /** One step, unless it is too early for one. Never throws. */
  async step({ urgent }: { urgent: boolean }): Promise<StepResult> {
    const startMs = this.context.now();
    if (startMs < this.retryAtMs || (!urgent && startMs < this.dueAtMs)) return 'idle';
    try {
      if (!this.recovered) {
        await this.recover();
        this.recovered = true;
      }
      this.state = 'running';
      const result = await this.batch();
      this.succeed(result, startMs);
      return result;
    } catch (error) {
      this.fail(error);
      return 'idle';
    }
  }

  /** Is what it has in memory what the lake says? Not after a failure. */
  get isSound(): boolean {
    return this.recovered;
  }

  /** Forget everything and read the lake again before the next step. */
  restart(): void {
    this.recovered = false;
    this.retryAtMs = 0;
    this.dueAtMs = 0;
  }

  private succeed(result: StepResult, startMs: number): void {
    if (result === 'worked') {
      this.batches += 1;
      this.lastBatchMs = this.context.now() - startMs;
    }
    if (this.problem !== undefined) this.context.log('info', `${this.dataset.name} goes on`);
    this.problem = undefined;
    this.failures = 0;
    this.state = 'idle';
  }

  private fail(error: unknown): void {
    const { flow } = this.dataset;
    const problem = problemOf(error, { file: flow.file, line: flow.line });
    const isNew = this.problem?.message !== problem.message;
    this.problem = problem;
    this.failures += 1;
    this.recovered = false;
    const isAway = problem.code === 'KAFKA_AWAY';
    this.state = isAway ? 'waiting' : 'failed';
    const pauseMs = isAway ? awayMs : Math.min(backoffMaxMs, backoffFirstMs * 2 ** (this.failures - 1));
    this.retryAtMs = this.context.now() + pauseMs;
    if (isNew) this.context.log(isAway ? 'warn' : 'error', describe(problem), { table: this.dataset.name, ...problem });
  }
}
