/**
 * Runs queries: one connection each, from a small pool; the others wait in line. Each change of a query's state is told, and
 * while it runs its progress a few times a second.
 *
 *   queued → running → done | failed | cancelled
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { QueryState } from '../../contract/index.ts';
import { TiffinError } from '../../errors.ts';
import { isInterrupted, queryProblem } from './problems.ts';
import { Results } from './results.ts';
import { readStatement } from './statement.ts';
import type { Views } from './views.ts';

export interface RunnerOptions {
  readonly pool: readonly DuckDBConnection[];
  readonly views: Views;
  readonly results: Results;
  readonly tell: (state: QueryState) => void;
}

interface Job {
  state: QueryState;
  connection?: DuckDBConnection;
  cancelled: boolean;
  /** bytes of our own text before the user's, in the statement that runs now */
  prefixBytes: number;
  readonly beganAtMs: number;
}

const progressEveryMs = 250;
const jobsKept = 200;

export class QueryRunner {
  readonly #options: RunnerOptions;
  readonly #free: DuckDBConnection[];
  readonly #queue: Job[] = [];
  readonly #jobs = new Map<string, Job>();

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#free = [...options.pool];
  }

  start(queryId: string, sql: string): QueryState {
    const state: QueryState = {
      queryId,
      sql,
      phase: 'queued',
      startedAtMs: Date.now(),
      elapsedMs: 0,
      columns: [],
      rows: 0,
      truncated: false,
    };
    const job: Job = { state, cancelled: false, prefixBytes: 0, beganAtMs: performance.now() };
    this.#jobs.set(queryId, job);
    if (this.#jobs.size > jobsKept) this.#jobs.delete(this.#jobs.keys().next().value!);
    this.#queue.push(job);
    this.#options.tell(state);
    this.#next();
    return job.state;
  }

  cancel(queryId: string): QueryState {
    const job = this.#jobs.get(queryId);
    if (!job) throw new TiffinError('NO_SUCH_QUERY', 'This query is not known any more.', 'Run it again.');
    job.cancelled = true;
    if (job.state.phase === 'queued') {
      this.#queue.splice(this.#queue.indexOf(job), 1);
      this.#set(job, { phase: 'cancelled' });
    } else if (job.state.phase === 'running') job.connection?.interrupt();
    return job.state;
  }

  #next(): void {
    while (this.#free.length > 0 && this.#queue.length > 0) void this.#run(this.#queue.shift()!, this.#free.pop()!);
  }

  async #run(job: Job, connection: DuckDBConnection): Promise<void> {
    job.connection = connection;
    this.#set(job, { phase: 'running' });
    const ticking = setInterval(() => this.#tick(job, connection), progressEveryMs);
    try {
      const result = await this.#execute(job, connection);
      this.#set(job, { phase: 'done', ...result, progressPercent: 100 });
    } catch (error) {
      await this.#fail(job, error);
    } finally {
      clearInterval(ticking);
      delete job.connection;
      this.#free.push(connection);
      this.#next();
    }
  }

  async #execute(job: Job, connection: DuckDBConnection): Promise<Partial<QueryState>> {
    const { queryId, sql } = job.state;
    await this.#options.views.refresh(connection.getTableNames(sql, true));
    const statement = await readStatement(connection, sql);
    if (job.cancelled) throw new Error('INTERRUPT');
    this.#set(job, { columns: statement.columns });
    if (statement.kind === 'relation') job.prefixBytes = Results.prefixBytes(queryId);
    return this.#options.results.keep(queryId, connection, statement);
  }

  async #fail(job: Job, error: unknown): Promise<void> {
    const { queryId, sql } = job.state;
    await this.#options.results.forget(queryId);
    if (job.cancelled && isInterrupted(error)) this.#set(job, { phase: 'cancelled', rows: 0 });
    else this.#set(job, { phase: 'failed', rows: 0, problem: queryProblem(error, sql, job.prefixBytes) });
  }

  #tick(job: Job, connection: DuckDBConnection): void {
    const { percentage } = connection.progress;
    this.#set(job, percentage >= 0 ? { progressPercent: Math.round(percentage) } : {});
    // An interrupt that came between two steps was not heard by either.
    if (job.cancelled) connection.interrupt();
  }

  #set(job: Job, change: Partial<QueryState>): void {
    job.state = { ...job.state, ...change, elapsedMs: Math.round(performance.now() - job.beganAtMs) };
    this.#options.tell(job.state);
  }
}
