/** What the pipeline tells about itself, as plain data. */
import type { Dataset } from '../plan/types.ts';
import type { Problem } from '../problems.ts';
import { flowCounters, type FlowCounters } from './counters.ts';
import type { FreshnessSummary } from './freshness.ts';
import type { Runner, RunnerState } from './runner.ts';
import { KafkaBatchSource } from './source.ts';
import { StreamingRunner } from './streaming-runner.ts';
import type { TableHandle } from './table-handle.ts';

export interface TableMetrics extends FlowCounters {
  readonly name: string;
  readonly kind: Dataset['kind'] | 'quarantine';
  readonly rows: number;
  readonly bytes: number;
  readonly files: number;
  readonly version: number;
  /** When its newest version was committed. */
  readonly committedAtMs?: number;
  /** Since the start of the process. */
  readonly batches: number;
  readonly lastBatchMs?: number;
  /** Messages in Kafka that the table has not committed. Only of tables that read Kafka. */
  readonly lagMessages?: number;
  /** How long ago the newest commit was, while messages wait; else 0. Only of tables that read Kafka. */
  readonly lagSeconds?: number;
  /** By topic: next offset that is not yet in the table, and the end of the log, summed over partitions. */
  readonly topics?: Readonly<Record<string, { readonly committed: number; readonly end: number }>>;
  /** Rows that violated each expectation, cumulative. */
  readonly violations: Readonly<Record<string, number>>;
  readonly state: RunnerState;
  readonly error?: Problem;
}

export interface PipelineMetrics {
  readonly tables: Readonly<Record<string, TableMetrics>>;
  /** Kafka's timestamp of a record → commit of a gold table with it; once for each gold table. */
  readonly freshnessMs: FreshnessSummary;
  readonly kafka: { readonly reachable: boolean; readonly problem?: Problem };
  readonly cycles: number;
  /** How long the newest round through all flows took. */
  readonly lastCycleMs: number;
}

export const tableMetrics = (runner: Runner, handle: TableHandle, nowMs: number): TableMetrics => ({
  ...base(handle, runner.dataset.kind),
  ...flowCounters(handle.counters),
  batches: runner.batches,
  state: runner.state,
  violations: violationsOf(handle.counters),
  ...(runner.lastBatchMs !== undefined && { lastBatchMs: runner.lastBatchMs }),
  ...(runner.problem !== undefined && { error: runner.problem }),
  ...lagOf(runner, handle, nowMs),
});

export const quarantineMetrics = (runner: Runner, handle: TableHandle): TableMetrics => ({
  ...base(handle, 'quarantine'),
  ...flowCounters({ rowsIn: handle.rows, rowsOut: handle.rows }),
  batches: runner.batches,
  state: runner.state,
  violations: {},
});

const base = (
  handle: TableHandle,
  kind: TableMetrics['kind'],
): Pick<TableMetrics, 'name' | 'kind' | 'rows' | 'bytes' | 'files' | 'version' | 'committedAtMs'> => ({
  name: handle.name,
  kind,
  rows: handle.rows,
  bytes: handle.bytes,
  files: handle.fileCount,
  version: handle.version,
  ...(handle.committedAtMs !== undefined && { committedAtMs: handle.committedAtMs }),
});

const violationsOf = (counters: Readonly<Record<string, number>>): Record<string, number> => {
  const prefix = 'violations/';
  const own = Object.entries(counters).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, count]) => [name.slice(prefix.length), count]));
};

const lagOf = (
  runner: Runner,
  handle: TableHandle,
  nowMs: number,
): Pick<TableMetrics, 'lagMessages' | 'lagSeconds' | 'topics'> => {
  if (!(runner instanceof StreamingRunner) || !(runner.source instanceof KafkaBatchSource)) return {};
  const topics: Record<string, { committed: number; end: number }> = {};
  let lagMessages = 0;
  for (const { topic, next, end } of runner.source.lag()) {
    const known = (topics[topic] ??= { committed: 0, end: 0 });
    known.committed += next;
    known.end += Math.max(end, next);
    lagMessages += Math.max(0, end - next);
  }
  const idleMs = handle.committedAtMs === undefined ? 0 : Math.max(0, nowMs - handle.committedAtMs);
  return { lagMessages, lagSeconds: lagMessages === 0 ? 0 : idleMs / 1000, topics };
};
