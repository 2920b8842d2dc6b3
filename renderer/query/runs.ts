/**
 * Running queries, by tab. A tab runs one statement after the other and keeps a state for each; a run goes on when another tab
 * or another page is shown. What the engine says is shown as it is; only the ticking of the time is ours.
 */
import type { Problem, QueryState } from '../../engine/contract/index.ts';
import { api } from '../api/client.ts';
import { problemOf } from '../api/problem.ts';
import { queryClient } from '../api/queries.ts';
import { createStore } from '../api/store.ts';
import type { Statement } from './statements.ts';

export interface StatementRun {
  readonly statement: Statement;
  readonly state: QueryState;
}
export interface TabRun {
  readonly runs: readonly StatementRun[];
  /** Which of them is shown. */
  readonly shown: number;
  /** How many statements were asked for. */
  readonly total: number;
  readonly busy: boolean;
  /** This browser's clock, for the ticking. */
  readonly startedAtMs: number;
  /** The call itself failed: the engine never took the query. */
  readonly problem?: Problem;
}

export const runStore = createStore<Readonly<Record<string, TabRun>>>({});
const cancelAsked = new Set<string>();

const change = (tabId: string, update: (run: TabRun) => TabRun): void =>
  runStore.update((all) => {
    const run = all[tabId];
    return run === undefined ? all : { ...all, [tabId]: update(run) };
  });

export const isOver = ({ phase }: QueryState): boolean =>
  phase === 'done' || phase === 'failed' || phase === 'cancelled';

/** Follows one query to its end. */
const follow = (state: QueryState, onState: (state: QueryState) => void): Promise<QueryState> =>
  new Promise((resolve, reject) => {
    let last = state;
    const finish = (): void => {
      subscription.unsubscribe();
      resolve(last);
    };
    const onData = (next: QueryState): void => {
      last = next;
      onState(next);
      if (isOver(next)) queueMicrotask(finish);
    };
    const subscription = api.query.watch.subscribe(
      { queryId: state.queryId },
      { onData, onError: reject, onComplete: finish },
    );
  });

const runOne = async (tabId: string, statement: Statement): Promise<QueryState> => {
  const first = await api.query.run.mutate({ sql: statement.text });
  change(tabId, (run) => ({ ...run, runs: [...run.runs, { statement, state: first }], shown: run.runs.length }));
  if (cancelAsked.has(tabId)) await api.query.cancel.mutate({ queryId: first.queryId });
  if (isOver(first)) return first;
  return follow(first, (state) =>
    change(tabId, (run) => ({ ...run, runs: [...run.runs.slice(0, -1), { statement, state }] })),
  );
};

/** Runs statements one after the other, and stops at the first that does not end well. */
export const runStatements = async (tabId: string, statements: readonly Statement[]): Promise<void> => {
  if (runStore.get()[tabId]?.busy === true || statements.length === 0) return;
  cancelAsked.delete(tabId);
  const begin: TabRun = { runs: [], shown: 0, total: statements.length, busy: true, startedAtMs: Date.now() };
  runStore.update((all) => ({ ...all, [tabId]: begin }));
  try {
    for (const statement of statements) {
      const { phase } = await runOne(tabId, statement);
      if (phase !== 'done') break;
    }
  } catch (error) {
    change(tabId, (run) => ({ ...run, problem: problemOf(error) }));
  }
  change(tabId, (run) => ({ ...run, busy: false }));
  void queryClient.invalidateQueries({ queryKey: ['history'] });
};

export const cancelRun = async (tabId: string): Promise<void> => {
  const run = runStore.get()[tabId];
  if (run?.busy !== true) return;
  cancelAsked.add(tabId);
  const queryId = run.runs.at(-1)?.state.queryId;
  if (queryId !== undefined) await api.query.cancel.mutate({ queryId });
};

export const showRun = (tabId: string, shown: number): void => change(tabId, (run) => ({ ...run, shown }));

export const forgetRun = (tabId: string): void =>
  runStore.update((all) => Object.fromEntries(Object.entries(all).filter(([id]) => id !== tabId)));

/** Runs a query for the page itself (a column's summary), to its rows. */
export const askRows = async (
  sql: string,
  signal: AbortSignal,
): Promise<{ state: QueryState; rows: readonly (readonly unknown[])[] }> => {
  const first = await api.query.run.mutate({ sql });
  const cancel = (): void => void api.query.cancel.mutate({ queryId: first.queryId }).catch(console.warn);
  signal.addEventListener('abort', cancel, { once: true });
  const state = isOver(first) ? first : await follow(first, () => undefined);
  signal.removeEventListener('abort', cancel);
  if (state.phase !== 'done') throw new Error(state.problem?.message ?? 'The summary was cancelled.');
  const page = await api.query.page.query({ queryId: state.queryId, offset: 0, limit: 5000 });
  return { state, rows: page.rows };
};
