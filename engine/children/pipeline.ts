/** Entry point of the pipeline process. */
import { type PipelineMetrics, startPipeline, type TableMetrics } from '../../pipeline/index.ts';
import type { FlowGraph, NodeStatus } from '../contract/index.ts';
import { hostChild } from './host.ts';
import type { PipelineRole } from './roles.ts';

hostChild<PipelineRole>(async ({ brokers, ...config }, { log }) => {
  const pipeline = await startPipeline({ ...config, kafka: { brokers }, log, now: Date.now });
  return {
    info: {},
    metrics: () => metricsOf(pipeline.metrics(), pipeline.graph()),
    asks: {
      graph: () => graphOf(pipeline.graph()),
      drain: async () => {
        await pipeline.drain();
        return null;
      },
      refresh: async ({ tables, full }) => {
        await pipeline.refresh(tables ?? undefined, { full });
        return null;
      },
    },
    stop: () => pipeline.stop(),
  };
});

/** Without the columns, which the catalog tells. */
const graphOf = ({ nodes, edges }: ReturnType<Awaited<ReturnType<typeof startPipeline>>['graph']>): FlowGraph => ({
  nodes: nodes.map(({ id, name, layer, kind, comment }) => ({
    id,
    name,
    layer,
    kind,
    ...(comment !== undefined && { comment }),
  })),
  edges,
});

let toldEdges = -1;
/** The graph grows when topics appear; it is told again only then. */
const metricsOf = (metrics: PipelineMetrics, graph: Parameters<typeof graphOf>[0]): PipelineRole['metrics'] => {
  const { freshnessMs } = metrics;
  const isNew = graph.edges.length !== toldEdges;
  toldEdges = graph.edges.length;
  return {
    tables: Object.fromEntries(Object.entries(metrics.tables).map(([name, table]) => [name, statusOf(table)])),
    topicEnds: topicEnds(metrics),
    freshness: percentiles(freshnessMs),
    freshnessLastMinute: percentiles(freshnessMs.lastMinute),
    ...(isNew && { graph: graphOf(graph) }),
  };
};

const topicEnds = ({ tables }: PipelineMetrics): Record<string, number> =>
  Object.fromEntries(
    Object.values(tables)
      .flatMap(({ topics }) => Object.entries(topics ?? {}))
      .map(([topic, { end }]) => [topic, end]),
  );

const percentiles = ({ p50, p99 }: { p50: number | null; p99: number | null }): { p50: number; p99: number } | null =>
  p50 === null || p99 === null ? null : { p50, p99 };

const statusOf = (table: TableMetrics): NodeStatus => ({
  rows: table.rows,
  sizeBytes: table.bytes,
  files: table.files,
  version: table.version,
  batches: table.batches,
  phase: table.state,
  ...(table.lastBatchMs !== undefined && { batchMs: table.lastBatchMs }),
  ...(table.lagMessages !== undefined && { lagMessages: table.lagMessages }),
  ...(table.lagSeconds !== undefined && { lagSeconds: table.lagSeconds }),
  ...(table.kind === 'streaming table' && flowFigures(table)),
  ...(table.error && { problem: table.error }),
});

const flowFigures = ({ duplicates, quarantined, dropped, late }: TableMetrics): Partial<NodeStatus> => ({
  duplicates,
  quarantined,
  dropped,
  late,
});
