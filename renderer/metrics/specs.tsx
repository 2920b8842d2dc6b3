/** The charts of the Metrics page: what each shows, in which unit, in which colours. */
import type { Sample } from '../../engine/contract/index.ts';
import { bytes, compact, duration, percent, rate } from '../format/numbers.ts';
import { Term } from '../parts/Term.tsx';
import type { ChartSpec } from './ChartPanel.tsx';

export interface ChartDefinition {
  readonly spec: ChartSpec;
  readonly pick: (sample: Sample) => Readonly<Record<string, number | undefined>>;
  readonly empty: string;
}

const seriesColors = 12;
const byIndex = (_: string, index: number): string => `var(--series-${(index % seriesColors) + 1})`;

const ofTables = (key: 'lagMessages' | 'lagSeconds' | 'batchMs') => (sample: Sample) =>
  Object.fromEntries(Object.entries(sample.tables).map(([name, figures]) => [name, figures[key]]));
const ofProcesses = (key: 'rssBytes' | 'cpuPercent') => (sample: Sample) =>
  Object.fromEntries(Object.entries(sample.processes).map(([name, figures]) => [name, figures[key]]));

/** Axis labels without decimals that all of them share. */
const seconds = (value: number): string => `${Math.round(value * 100) / 100} s`;

export const throughput: ChartDefinition = {
  spec: {
    id: 'throughput',
    whole: true,
    label: 'throughput per topic',
    title: (
      <>
        <Term name="throughput">Throughput</Term> per <Term name="topic">topic</Term>, messages a second
      </>
    ),
    format: (value) => `${rate(value)} /s`,
    axis: (value) => compact(value, 100_000),
    color: byIndex,
    stacked: true,
    legend: 'side',
    total: 'all topics',
  },
  pick: ({ topics }) => topics,
  empty: 'Messages a second of each topic appear here with the first message.',
};

export const charts: readonly ChartDefinition[] = [
  {
    spec: {
      id: 'freshness',
      label: 'end-to-end freshness',
      title: (
        <>
          <Term name="freshness">Freshness</Term>, produced → visible in gold
        </>
      ),
      format: duration,
      axis: (value) => (value >= 1000 ? seconds(value / 1000) : `${Math.round(value)} ms`),
      color: (name) => (name === 'p50' ? 'var(--series-6)' : 'var(--series-1)'),
    },
    pick: ({ freshnessMs }) => (freshnessMs === null ? {} : { p50: freshnessMs.p50, p99: freshnessMs.p99 }),
    empty: 'The time from an event to its row in gold appears here with the first row.',
  },
  {
    spec: {
      id: 'lag-seconds',
      label: 'lag in seconds',
      title: (
        <>
          <Term name="lag">Lag</Term> per table, seconds
        </>
      ),
      format: (value) => duration(value === null ? null : value * 1000),
      axis: seconds,
      color: byIndex,
    },
    pick: ofTables('lagSeconds'),
    empty: 'How far each table is behind what it reads appears here with the first batch.',
  },
  {
    spec: {
      id: 'lag-messages',
      whole: true,
      label: 'lag in messages',
      title: (
        <>
          <Term name="lag">Lag</Term> per table, messages
        </>
      ),
      format: (value) => compact(value),
      axis: (value) => compact(value, 100_000),
      color: byIndex,
    },
    pick: ofTables('lagMessages'),
    empty: 'How many messages each table has still to read appears here with the first batch.',
  },
  {
    spec: {
      id: 'batch',
      label: 'batch duration',
      title: (
        <>
          <Term name="batch">Batch</Term> duration per table
        </>
      ),
      format: duration,
      axis: (value) => (value >= 1000 ? seconds(value / 1000) : `${Math.round(value)} ms`),
      color: byIndex,
    },
    pick: ofTables('batchMs'),
    empty: 'How long each table’s batches take appears here with the first batch.',
  },
  {
    spec: {
      id: 'memory',
      label: 'memory by process',
      title: (
        <>
          <Term name="rss">Memory</Term> by process
        </>
      ),
      format: bytes,
      axis: bytes,
      color: byIndex,
      stacked: true,
      total: 'all processes',
    },
    pick: ofProcesses('rssBytes'),
    empty: 'The memory of each process appears here within seconds.',
  },
  {
    spec: {
      id: 'cpu',
      label: 'CPU by process',
      title: 'CPU by process, % of one core',
      format: percent,
      axis: (value) => `${Math.round(value)} %`,
      color: byIndex,
      stacked: true,
      total: 'all processes',
    },
    pick: ofProcesses('cpuPercent'),
    empty: 'The CPU of each process appears here within seconds.',
  },
];
