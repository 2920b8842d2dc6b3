/**
 * The samples of a range. Five minutes live are in the page already, one a second. A longer span asks the engine for averages,
 * and then only for its newest steps as they fill. A fixed range is asked for once.
 */
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Sample } from '../../engine/contract/index.ts';
import { api, connection } from '../api/client.ts';
import { recent, recentMax } from '../api/live.ts';
import { useSelect, useStore } from '../api/store.ts';
import { boundsOf, type Range } from './range.ts';
import { mergeSteps, stepFor } from './series.ts';

export interface RangeData {
  readonly samples: readonly Sample[];
  readonly stepMs: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly loading: boolean;
  readonly error: unknown;
}

interface Loaded {
  readonly key: string;
  readonly samples: readonly Sample[];
  readonly error: unknown;
}

const inPage = (range: Range): boolean => range.kind === 'live' && range.spanMs <= recentMax * 1000;
const keyOf = (range: Range): string => JSON.stringify(range);
const none: Loaded = { key: '', samples: [], error: null };

/** Loads a range now, and for a live one its newest steps again and again. Returns what stops it. */
const load = (range: Range, onLoaded: (update: (before: Loaded) => Loaded) => void): (() => void) => {
  const stopped = new AbortController();
  const key = keyOf(range);
  const ask = async (sinceMs: number | null): Promise<void> => {
    const { fromMs, toMs } = boundsOf(range, Date.now());
    const stepMs = stepFor(toMs - fromMs);
    const input = { fromMs: Math.floor(sinceMs ?? fromMs), toMs: Math.ceil(toMs), stepMs };
    try {
      const samples = await api.metrics.history.query(input, { signal: stopped.signal });
      onLoaded((before) => ({
        key,
        samples: mergeSteps(before.key === key ? before.samples : [], samples, stepMs, fromMs),
        error: null,
      }));
    } catch (error) {
      if (!stopped.signal.aborted) onLoaded((before) => ({ ...before, key, error }));
    }
  };
  void ask(null);
  if (range.kind === 'fixed') return () => stopped.abort();
  const stepMs = stepFor(range.spanMs);
  const timer = setInterval(() => void ask(Date.now() - 3 * stepMs), stepMs);
  return () => {
    stopped.abort();
    clearInterval(timer);
  };
};

const openedAtMs = Date.now();

/** Ticks with each new sample, so that a live window moves once a second and with the data. */
const useNow = (range: Range): number => {
  const newest = useSyncExternalStore(recent.subscribe, () => recent.get().at(-1)?.atMs ?? openedAtMs);
  return range.kind === 'live' ? newest : range.toMs;
};

export const useRange = (range: Range): RangeData => {
  const live = useStore(recent);
  const open = useSelect(connection, (state) => state.phase === 'open');
  const [loaded, setLoaded] = useState<Loaded>(none);
  const nowMs = useNow(range);
  const key = keyOf(range);
  useEffect(() => {
    const asked = JSON.parse(key) as Range;
    return inPage(asked) || !open ? undefined : load(asked, setLoaded);
  }, [key, open]);
  const { fromMs, toMs } = boundsOf(range, nowMs);
  const stepMs = stepFor(toMs - fromMs);
  if (inPage(range)) return { samples: live, stepMs, fromMs, toMs, loading: false, error: null };
  const current = loaded.key === key;
  return {
    samples: current ? loaded.samples : [],
    stepMs,
    fromMs,
    toMs,
    loading: !current,
    error: current ? loaded.error : null,
  };
};
