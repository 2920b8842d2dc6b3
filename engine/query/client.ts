/**
 * The engine's side of the queries: gives them ids, remembers their states as the query process tells them, and tells the
 * truth when that process dies: what ran is reported failed, what was kept is gone.
 */
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { CatalogTable, Completion, QueryPage, QueryState } from '../contract/index.ts';
import { TiffinError } from '../errors.ts';
import type { SupervisedChild } from '../supervisor/index.ts';
import type { QueryRole } from '../children/roles.ts';
import type { ExportFormat } from './session/index.ts';

const statesKept = 500;
const ended = new Set<QueryState['phase']>(['done', 'failed', 'cancelled']);
export const isEnded = (state: QueryState): boolean => ended.has(state.phase);

export interface ExportedFile {
  readonly id: string;
  readonly path: string;
  readonly fileName: string;
  readonly sizeBytes: number;
}

export class QueryClient {
  /** Called once for each query that came to an end. */
  onEnded: (state: QueryState) => void = () => undefined;
  readonly #child: SupervisedChild<QueryRole>;
  readonly #exportsDir: string;
  readonly #states = new Map<string, QueryState>();
  readonly #exports = new Map<string, ExportedFile>();
  readonly #changes = new EventEmitter().setMaxListeners(0);

  constructor(child: SupervisedChild<QueryRole>, exportsDir: string) {
    this.#child = child;
    this.#exportsDir = exportsDir;
    child.onEvent = (state) => this.#set(state);
    child.onDeath = () => this.#allFailed();
  }

  async run(sql: string): Promise<QueryState> {
    return this.#child.ask('run', { queryId: randomUUID(), sql }, { retry: true });
  }

  cancel(queryId: string): Promise<QueryState> {
    const state = this.#get(queryId);
    return isEnded(state) ? Promise.resolve(state) : this.#child.ask('cancel', { queryId });
  }

  page(queryId: string, offset: number, limit: number): Promise<QueryPage> {
    return this.#child.ask('page', { queryId, offset, limit });
  }

  complete(sql: string, cursor: number): Promise<Completion[]> {
    return this.#child.ask('complete', { sql, cursor });
  }

  catalog(): Promise<CatalogTable[]> {
    return this.#child.ask('catalog', {}, { retry: true });
  }

  async export(queryId: string, format: ExportFormat): Promise<ExportedFile> {
    const id = randomUUID();
    const path = join(this.#exportsDir, `${id}.${format}`);
    await this.#child.ask('export', { queryId, format, path });
    const stamp = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
    const file = { id, path, fileName: `tiffin-${stamp}.${format}`, sizeBytes: statSync(path).size };
    this.#exports.set(id, file);
    return file;
  }

  exported(id: string): ExportedFile | undefined {
    return this.#exports.get(id);
  }

  /** The states of a query from now on, up to and including its last one. */
  async *watch(queryId: string, signal?: AbortSignal): AsyncGenerator<QueryState> {
    let seen: QueryState | undefined;
    for (;;) {
      if (signal?.aborted) return;
      const state = this.#get(queryId);
      if (state !== seen) yield state;
      seen = state;
      if (isEnded(state)) return;
      if (this.#get(queryId) === seen) await this.#changed(queryId, signal);
    }
  }

  #changed(queryId: string, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        this.#changes.off(queryId, finish);
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      this.#changes.once(queryId, finish);
      signal?.addEventListener('abort', finish, { once: true });
    });
  }

  #get(queryId: string): QueryState {
    const state = this.#states.get(queryId);
    if (state) return state;
    throw new TiffinError('NO_SUCH_QUERY', 'This query is not known any more.', 'Run it again.');
  }

  #set(state: QueryState): void {
    const before = this.#states.get(state.queryId);
    if (before && isEnded(before)) return;
    this.#states.set(state.queryId, state);
    if (this.#states.size > statesKept) this.#states.delete(this.#states.keys().next().value!);
    if (isEnded(state)) this.onEnded(state);
    this.#changes.emit(state.queryId);
  }

  #allFailed(): void {
    const problem = {
      code: 'QUERY_PROCESS_DIED',
      message: 'The query process ended while this query ran.',
      hint: 'It is being restarted: run the query again in a moment.',
    };
    for (const state of this.#states.values())
      if (!isEnded(state)) this.#set({ ...state, phase: 'failed', rows: 0, problem });
  }
}
