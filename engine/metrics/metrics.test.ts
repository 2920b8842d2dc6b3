import { describe, expect, test } from 'vitest';
import type { PlatformState, Sample } from '../contract/index.ts';
import { nodeStatuses, readRates, type Reports, wholeGraph } from './nodes.ts';
import { createPrometheus } from './prometheus.ts';
import { Rates } from './rates.ts';
import { SampleRing } from './ring.ts';

const sample = (atMs: number, rate: number, fields: Partial<Sample> = {}): Sample => ({
  atMs,
  topics: { 'order.placed': rate },
  tables: { 'silver.orders': { rowsPerSecond: rate, lagMessages: 2 } },
  freshnessMs: null,
  processes: { engine: { rssBytes: 1024, cpuPercent: 2 } },
  ...fields,
});

describe('the ring of samples', () => {
  test('gives back what it was given', () => {
    const ring = new SampleRing(10);
    const first = sample(1_000, 5, { freshnessMs: { p50: 500, p99: 900 } });
    ring.add(first);
    ring.add(sample(2_000, 7));
    expect(ring.history(0, 10_000, 1_000)).toEqual([first, sample(2_000, 7)]);
  });

  test('keeps the newest, up to its size', () => {
    const ring = new SampleRing(3);
    for (let second = 1; second <= 5; second++) ring.add(sample(second * 1_000, second));
    expect(ring.history(0, 10_000, 1_000).map(({ atMs }) => atMs)).toEqual([3_000, 4_000, 5_000]);
  });

  test('averages over a step, and knows nothing of a series before it began', () => {
    const ring = new SampleRing(10);
    ring.add(sample(1_000, 2));
    ring.add(sample(2_000, 4, { topics: { 'order.placed': 4, late: 8 } }));
    expect(ring.history(0, 10_000, 10_000)).toMatchObject([{ atMs: 2_000, topics: { 'order.placed': 3, late: 8 } }]);
    expect(ring.history(0, 1_500, 1_000)[0]!.topics).toEqual({ 'order.placed': 2 });
  });

  test('gives only what lies in the asked time', () => {
    const ring = new SampleRing(10);
    for (let second = 1; second <= 5; second++) ring.add(sample(second * 1_000, second));
    expect(ring.history(2_000, 3_999, 1_000).map(({ atMs }) => atMs)).toEqual([2_000, 3_000]);
  });
});

describe('rates', () => {
  test('come from the difference of two readings, per second', () => {
    const rates = new Rates();
    rates.read('a', 100, 1_000);
    expect(rates.read('a', 150, 1_500)).toBe(100);
    expect(rates.get('a')).toBe(100);
    expect(rates.get('unknown')).toBe(0);
  });

  test('may be taken over a longer window, so that what comes in batches does not jump', () => {
    const rates = new Rates();
    for (const [second, rows] of [0, 20, 20, 40, 40, 60].entries()) rates.read('a', rows, second * 1_000, 4_000);
    expect(rates.get('a')).toBe(10);
  });

  test('a counter that fell has begun anew: that reading counts as nothing', () => {
    const rates = new Rates();
    rates.read('a', 100, 1_000);
    expect(rates.read('a', 5, 2_000)).toBe(0);
    expect(rates.read('a', 15, 3_000)).toBe(10);
  });
});

const reports: Reports = {
  broker: { topics: { 'order.placed': { messages: 20, bytes: 400 }, 'cdc.shop.orders': { messages: 6, bytes: 60 } } },
  ingest: { accepted: 20, duplicates: 1, cdc: { position: 6, lagChanges: 2, state: 'streaming' }, problem: null },
  simulator: { phase: 'running', ratePerSecond: 10, generated: 21, acknowledged: 20, virtualTimeMs: 1, seed: 42 },
  pipeline: {
    tables: { 'bronze.orders': { phase: 'running', rows: 20 } },
    topicEnds: { 'order.placed': 19 },
    freshness: null,
    freshnessLastMinute: null,
  },
};

describe('the hops of the data', () => {
  test('have the figures of the processes that know them', () => {
    expect(nodeStatuses(reports, new Rates())).toMatchObject({
      'source:world': { rows: 21, phase: 'running' },
      'source:gateway': { rows: 20, duplicates: 1 },
      'source:cdc': { rows: 6, lagMessages: 2 },
      'topic:order.placed': { rows: 20, sizeBytes: 400 },
      'bronze.orders': { rows: 20 },
    });
  });

  test('of a Kafka that is not ours are those that the pipelines read', () => {
    const { broker: _embedded, ...external } = reports;
    const rates = new Rates();
    readRates('pipeline', external, rates, 1_000);
    readRates(
      'pipeline',
      { ...external, pipeline: { ...reports.pipeline!, topicEnds: { 'order.placed': 29 } } },
      rates,
      2_000,
    );
    expect(nodeStatuses(external, rates)['topic:order.placed']).toEqual({ rows: 19, perSecond: 10, phase: 'running' });
  });

  test('are all in the graph: sources, topics that are read, and topics that are not', () => {
    const pipelines = {
      nodes: [
        { id: 'topic:order.placed', name: 'order.placed', layer: 'topic', kind: 'topic' },
        { id: 'bronze.orders', name: 'bronze.orders', layer: 'bronze', kind: 'streaming table' },
      ],
      edges: [{ from: 'topic:order.placed', to: 'bronze.orders' }],
    } as const;
    const graph = wholeGraph(pipelines, ['order.placed', 'cdc.shop.orders'], 'city');
    const ids = graph.nodes.map(({ id }) => id);
    for (const id of Object.keys(nodeStatuses(reports, new Rates()))) expect(ids).toContain(id);
    expect(graph.edges).toContainEqual({ from: 'source:cdc', to: 'topic:cdc.shop.orders' });
    expect(graph.edges).toContainEqual({ from: 'source:gateway', to: 'topic:order.placed' });
  });
});

test('Prometheus gets the newest state each time, and nothing that is gone', async () => {
  const prometheus = createPrometheus();
  const state = (nodes: PlatformState['nodes']): PlatformState =>
    ({
      processes: [
        { name: 'broker', phase: 'running', rssBytes: 5, cpuPercent: 1, restarts: 2, pid: 1, startedAtMs: 1 },
      ],
      nodes,
      freshnessMs: { p50: 1, p99: 2 },
    }) as unknown as PlatformState;
  const first = await prometheus.text(state({ 'topic:a': { rows: 3, phase: 'idle' } }));
  expect(first.text).toContain('tiffin_node_rows{node="topic:a"} 3');
  expect(first.text).toContain('tiffin_process_restarts_total{process="broker"} 2');
  expect(first.text).toContain('tiffin_freshness_milliseconds{quantile="0.99"} 2');
  const second = await prometheus.text(state({}));
  expect(second.text).not.toContain('topic:a');
  expect(second.text).toContain('tiffin_process_restarts_total{process="broker"} 2');
});
