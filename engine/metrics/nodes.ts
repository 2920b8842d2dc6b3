/** What each hop of the data does now: the reports of the processes, joined under the ids of the graph's nodes. */
import type { FlowEdge, FlowGraph, FlowNode, NodeStatus, WorldState } from '../contract/index.ts';
import type { BrokerRole, IngestRole, PipelineRole } from '../children/roles.ts';
import type { Rates } from './rates.ts';

export const topicId = (topic: string): string => `topic:${topic}`;
export const sourceIds = {
  world: 'source:world',
  oltp: 'source:oltp',
  gateway: 'source:gateway',
  cdc: 'source:cdc',
} as const;
const cdcPrefix = 'cdc.';

/** The newest report of each process; absent until it came. */
export interface Reports {
  readonly broker?: BrokerRole['metrics'];
  readonly ingest?: IngestRole['metrics'];
  readonly simulator?: WorldState;
  readonly pipeline?: PipelineRole['metrics'];
}

export const nodeStatuses = (reports: Reports, rates: Rates): Record<string, NodeStatus> => ({
  ...sourceStatuses(reports, rates),
  ...topicStatuses(reports.broker, rates),
  ...reports.pipeline?.tables,
});

const sourceStatuses = ({ simulator, ingest, broker }: Reports, rates: Rates): Record<string, NodeStatus> => ({
  ...(simulator && {
    [sourceIds.world]: {
      rows: simulator.generated,
      perSecond: rates.get(sourceIds.world),
      phase: simulator.phase === 'running' ? ('running' as const) : ('idle' as const),
    },
    [sourceIds.oltp]: { phase: simulator.phase === 'running' ? ('running' as const) : ('idle' as const) },
  }),
  ...(ingest && {
    [sourceIds.gateway]: {
      ...totalOf(broker, (topic) => !topic.startsWith(cdcPrefix)),
      duplicates: ingest.duplicates,
      perSecond: rates.get(sourceIds.gateway),
      phase: phaseOf(rates.get(sourceIds.gateway), ingest.problem !== null),
      ...(ingest.problem && { problem: ingest.problem }),
    },
    [sourceIds.cdc]: {
      ...totalOf(broker, (topic) => topic.startsWith(cdcPrefix)),
      perSecond: rates.get(sourceIds.cdc),
      ...(ingest.cdc && { lagMessages: ingest.cdc.lagChanges }),
      phase: phaseOf(rates.get(sourceIds.cdc), ingest.cdc?.state === 'failed'),
    },
  }),
});

const totalOf = (broker: Reports['broker'], wanted: (topic: string) => boolean): { rows?: number } => {
  const topics = Object.entries(broker?.topics ?? {}).filter(([topic]) => wanted(topic));
  return broker ? { rows: topics.reduce((sum, [, { messages }]) => sum + messages, 0) } : {};
};

const topicStatuses = (broker: Reports['broker'], rates: Rates): Record<string, NodeStatus> =>
  Object.fromEntries(
    Object.entries(broker?.topics ?? {}).map(([topic, { messages, bytes }]) => {
      const perSecond = rates.get(topicId(topic));
      return [topicId(topic), { rows: messages, sizeBytes: bytes, perSecond, phase: phaseOf(perSecond, false) }];
    }),
  );

const phaseOf = (perSecond: number, failed: boolean): NodeStatus['phase'] =>
  failed ? 'failed' : perSecond > 0 ? 'running' : 'idle';

/** Feeds the counters of the reports to the rates. */
export const readRates = (reports: Reports, rates: Rates, atMs: number): void => {
  if (reports.simulator) rates.read(sourceIds.world, reports.simulator.generated, atMs);
  if (reports.ingest) {
    rates.read(sourceIds.gateway, reports.ingest.accepted, atMs);
    rates.read(sourceIds.cdc, reports.ingest.cdc?.position ?? 0, atMs);
  }
  for (const [topic, { messages }] of Object.entries(reports.broker?.topics ?? {}))
    rates.read(topicId(topic), messages, atMs);
  for (const [table, { rows }] of Object.entries(reports.pipeline?.tables ?? {})) rates.read(table, rows ?? 0, atMs);
};

/** The pipelines' graph with what comes before it: the sources, and topics that no pipeline reads. */
export const wholeGraph = (pipelines: FlowGraph, topics: readonly string[], worldName: string): FlowGraph => {
  const known = new Set(pipelines.nodes.map((node) => node.id));
  const unread = topics.filter((topic) => !known.has(topicId(topic)));
  const unreadNodes: FlowNode[] = unread.map((topic) => ({
    id: topicId(topic),
    name: topic,
    layer: 'topic',
    kind: 'topic',
  }));
  const nodes = [...sourceNodes(worldName), ...pipelines.nodes, ...unreadNodes];
  const { world, oltp, gateway, cdc } = sourceIds;
  const edges: FlowEdge[] = [
    { from: world, to: gateway },
    { from: world, to: oltp },
    { from: oltp, to: cdc },
    ...nodes
      .filter((node) => node.layer === 'topic')
      .map(({ id, name }) => ({ from: name.startsWith(cdcPrefix) ? cdc : gateway, to: id })),
    ...pipelines.edges,
  ];
  return { nodes, edges };
};

const sourceNodes = (worldName: string): FlowNode[] => [
  { id: sourceIds.world, name: worldName, layer: 'source', kind: 'world', comment: 'Where the events come from.' },
  {
    id: sourceIds.oltp,
    name: 'shop.db',
    layer: 'source',
    kind: 'oltp',
    comment: "The shop's operational database (SQLite).",
  },
  {
    id: sourceIds.gateway,
    name: 'gateway',
    layer: 'source',
    kind: 'gateway',
    comment: 'Takes events over HTTP and writes them to Kafka, each once.',
  },
  {
    id: sourceIds.cdc,
    name: 'cdc',
    layer: 'source',
    kind: 'cdc',
    comment: "Publishes the database's changes to Kafka.",
  },
];
