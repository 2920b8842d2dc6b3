/** The figures of one run: what the platform holds and used after it, less what there was before. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FlowGraph, RunReport } from '../contract/index.ts';
import { topicId } from '../metrics/nodes.ts';
import type { Platform } from '../platform/index.ts';
import type { TableProgress } from '../query/session/index.ts';

const again = { retry: true } as const;

export interface Baseline {
  readonly beganAtMs: number;
  /** events that the ledger knew */
  readonly produced: number;
  readonly topics: Readonly<Record<string, number>>;
  readonly tables: ReadonlyMap<string, TableProgress>;
  readonly cpuMs: Readonly<Record<string, number>>;
}

export const takeBaseline = async (platform: Platform): Promise<Baseline> => {
  const topics = await ledgerOf(platform);
  return {
    topics,
    produced: sum(Object.values(topics)),
    tables: await tablesOf(platform),
    cpuMs: cpuOf(platform),
    beganAtMs: performance.now(),
  };
};

export const figuresSince = async (
  platform: Platform,
  before: Baseline,
  seconds: number,
): Promise<Omit<RunReport, 'ok' | 'lost' | 'audit'>> => {
  const cpuMs = cpuOf(platform);
  await nextPipelineReport(platform);
  const topics = await ledgerOf(platform);
  const produced = sum(Object.values(topics)) - before.produced;
  const fed = Object.keys(topics).filter((topic) => topics[topic]! > (before.topics[topic] ?? 0));
  const tables = await tablesOf(platform);
  const reached = downstream(await platform.processes.pipeline.ask('graph', {}, again), fed.map(topicId));
  const grown = (layer: string, figure: (table: TableProgress) => number): number =>
    sum(
      [...tables.values()]
        .filter(({ name }) => reached.has(name) && name.startsWith(layer))
        .map((table) => figure(table) - figureBefore(before, table.name, figure)),
    );
  return {
    produced,
    bronze: grown('bronze.', ({ rows }) => rows),
    silver: grown('silver.', ({ name, rows }) => (isQuarantine(name) ? 0 : rows)),
    quarantined: grown('', ({ counters }) => counters?.['quarantined'] ?? 0),
    duplicates: grown('', ({ counters }) => counters?.['duplicates'] ?? 0),
    gold: goldRows(tables),
    seconds: round(seconds),
    eventsPerSecond: Math.round(produced / seconds),
    freshnessMs: platform.sampler.reports.pipeline?.freshness ?? null,
    rssMb: platform.perProcess(({ rssPeakBytes }) => Math.round(rssPeakBytes / 1e6)),
    cpuPercent: Object.fromEntries(
      Object.entries(cpuMs).map(([name, ms]) => [name, round((ms - (before.cpuMs[name] ?? 0)) / seconds / 10)]),
    ),
    restarts: Object.fromEntries(platform.children.map((name) => [name, platform.processes[name].state.restarts])),
  };
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const round = (value: number): number => Math.round(value * 100) / 100;
const isQuarantine = (name: string): boolean => name.endsWith('__quarantine');

const figureBefore = ({ tables }: Baseline, name: string, figure: (table: TableProgress) => number): number => {
  const table = tables.get(name);
  return table ? figure(table) : 0;
};

const ledgerOf = async ({ processes }: Platform): Promise<Record<string, number>> => {
  const { topics } = await processes.simulator.ask('ledger', {}, again);
  return Object.fromEntries(Object.entries(topics).map(([topic, { acknowledged }]) => [topic, acknowledged]));
};

const tablesOf = async ({ processes }: Platform): Promise<ReadonlyMap<string, TableProgress>> => {
  const { tables } = await processes.query.ask('inspect', { statements: [] }, again);
  return new Map(tables.map((table) => [table.name, table]));
};

const cpuOf = (platform: Platform): Record<string, number> => platform.perProcess(({ cpuMs }) => cpuMs);

/** All that is reached from the topics: what this run's events flowed into. */
const downstream = ({ edges }: FlowGraph, from: readonly string[]): ReadonlySet<string> => {
  const reached = new Set(from);
  for (const id of reached) for (const edge of edges) if (edge.from === id) reached.add(edge.to);
  return reached;
};

const goldRows = (tables: ReadonlyMap<string, TableProgress>): Record<string, number> =>
  Object.fromEntries(
    [...tables.values()].filter(({ name }) => name.startsWith('gold.')).map(({ name, rows }) => [name, rows]),
  );

const reportMsMax = 3_000;

/** The freshness of the last batches comes with the pipeline's next report. */
const nextPipelineReport = async ({ sampler }: Platform): Promise<void> => {
  const last = sampler.reports.pipeline;
  const untilMs = performance.now() + reportMsMax;
  while (sampler.reports.pipeline === last && performance.now() < untilMs) await sleep(50);
};
