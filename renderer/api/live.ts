/**
 * What the engine tells every second, as stores: the platform's state and the newest minutes of samples. One subscription
 * each for the whole page, whichever page is open, so that a change of page never waits for a first figure.
 */
import type { FlowGraph, PlatformState, Sample, WorldState } from '../../engine/contract/index.ts';
import type { Subscription } from './api.ts';
import { accept, api, connection, refuse } from './client.ts';
import { holdMs, withHeld, type Held } from './held.ts';
import { isUnauthorized } from './problem.ts';
import { appendSample, meanRates, mergeSamples } from './samples.ts';
import { createStore } from './store.ts';

export const platform = createStore<PlatformState | null>(null);
export const graph = createStore<FlowGraph | null>(null);
/** The newest samples, oldest first, one a second. */
export const recent = createStore<readonly Sample[]>([]);
export const recentMax = 300;

/**
 * Messages or rows a second by topic or table, as the mean of the last seconds: micro-batches come every second or two, and a
 * figure that jumps between nothing and twice the truth says less than their mean.
 */
export const rates = createStore<Readonly<Record<string, number>>>({});
recent.subscribe(() => rates.set(meanRates(recent.get())));

const loadRecent = async (): Promise<void> => {
  const toMs = Date.now();
  const history = await api.metrics.history.query({ fromMs: toMs - recentMax * 1000, toMs, stepMs: 1000 });
  recent.update((live) => mergeSamples(history, live, recentMax));
};

/** The graph changes only when a pipeline does: ask again while it is empty or does not know a node of the state. */
const loadGraph = async (): Promise<void> => {
  const next = await api.platform.graph.query();
  const same = JSON.stringify(next) === JSON.stringify(graph.get());
  if (!same) graph.set(next);
};

const graphIsStale = (state: PlatformState): boolean => {
  const known = new Set(graph.get()?.nodes.map((node) => node.id));
  return known.size === 0 || Object.keys(state.nodes).some((id) => !known.has(id));
};

let held: Held | null = null;

/** Shows what the engine answered about the city right away, and until the state says so too. */
export const holdWorld = (world: WorldState): void => {
  held = { world, untilMs: Date.now() + holdMs };
  platform.update((state) => (state === null ? null : { ...state, world }));
};

let graphAskedAtMs = 0;
const onState = (state: PlatformState): void => {
  accept();
  const next = withHeld(state, held, Date.now());
  held = next.held;
  platform.set(next.state);
  if (!graphIsStale(state) || Date.now() - graphAskedAtMs < 1500) return;
  graphAskedAtMs = Date.now();
  loadGraph().catch(report);
};

/** A failed background call is not the user's business while the banner says why; otherwise it belongs in the console. */
const report = (error: unknown): void => {
  if (isUnauthorized(error)) refuse();
  else if (connection.get().phase === 'open') console.warn('A background call failed', error);
};

const retryMs = 1000;

/** Follows a subscription for as long as the page lives: a refused or broken one is asked for again. */
const follow = <Value>(source: Subscription<void, Value>, onData: (value: Value) => void): (() => void) => {
  let stopped = false;
  let current: { unsubscribe(): void } | undefined;
  const again = (): void => {
    if (!stopped) setTimeout(start, retryMs);
  };
  const start = (): void => {
    if (stopped) return;
    const onError = (error: unknown): void => {
      report(error);
      again();
    };
    current = source.subscribe(undefined, { onData, onError, onComplete: again });
  };
  start();
  return () => {
    stopped = true;
    current?.unsubscribe();
  };
};

/** Starts what is live; returns what stops it. */
export const startLive = (): (() => void) => {
  const stops = [
    follow(api.platform.watch, onState),
    follow(api.metrics.watch, (sample) => recent.update((all) => appendSample(all, sample, recentMax))),
  ];
  let opened = false;
  const reload = (): void => {
    const open = connection.get().phase === 'open';
    if (open && !opened) {
      loadRecent().catch(report);
      loadGraph().catch(report);
    }
    opened = open;
  };
  reload();
  stops.push(connection.subscribe(reload));
  return () => {
    for (const stop of stops) stop();
  };
};
