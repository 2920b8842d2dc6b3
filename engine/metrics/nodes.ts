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
/** Tables grow by a commit each second or so. */
const tableWindowMs = 4_000;

/** The newest report of each process; absent until it came. */
export interface Reports {
  readonly broker?: { readonly topics: NonNullable<BrokerRole['metrics']['topics']> };
  readonly ingest?: IngestRole['metrics'];
  readonly simulator?: WorldState;
  readonly pipeline?: PipelineRole['metrics'];
}

type Topics = Readonly<Record<string, { readonly messages: number; readonly bytes?: number }>>;

/** Messages by topic: the embedded broker tells; of another Kafka the pipelines know the topics that they read. */
export const topicsOf = ({ broker, pipeline }: Reports): Topics =>
  broker?.topics ??
  Object.fromEntries(Object.entries(pipeline?.topicEnds ?? {}).map(([topic, messages]) => [topic, { messages }]));

export const nodeStatuses = (reports: Reports, rates: Rates): Record<string, NodeStatus> => ({
  ...sourceStatuses(reports, rates),
  ...topicStatuses(topicsOf(reports), rates),
  ...reports.pipeline?.tables,
});

const sourceStatuses = (reports: Reports, rates: Rates): Record<string, NodeStatus> => ({
  ...(reports.simulator && worldStatuses(reports.simulator, rates)),
  ...(reports.ingest && ingestStatuses(reports.ingest, topicsOf(reports), rates)),
});

const worldStatuses = (world: WorldState, rates: Rates): Record<string, NodeStatus> => {
  const phase = world.problem ? 'failed' : world.phase === 'running' ? 'running' : 'idle';
  const problem = world.problem ? { problem: world.problem } : {};
  return {
    [sourceIds.world]: { rows: world.generated, perSecond: rates.get(sourceIds.world), phase, ...problem },
  };
};

const ingestStatuses = (ingest: IngestRole['metrics'], topics: Topics, rates: Rates): Record<string, NodeStatus> => {
  const status = (id: string, isOwn: (topic: string) => boolean, failed: boolean): NodeStatus => ({
    rows: totalOf(topics, isOwn),
    perSecond: rates.get(id),
    phase: phaseOf(rates.get(id), failed),
  });
  const isCdc = (topic: string): boolean => topic.startsWith(cdcPrefix);
  return {
    [sourceIds.gateway]: {
      ...status(sourceIds.gateway, (topic) => !isCdc(topic), ingest.problem !== null),
      duplicates: ingest.duplicates,
      ...(ingest.problem && { problem: ingest.problem }),
    },
    // What the database's change log holds.
    ...(ingest.cdc && {
      [sourceIds.oltp]: {
        rows: ingest.cdc.position + ingest.cdc.lagChanges,
        perSecond: rates.get(sourceIds.oltp),
        phase: phaseOf(rates.get(sourceIds.oltp), false),
      },
    }),
    [sourceIds.cdc]: {
      ...status(sourceIds.cdc, isCdc, ingest.cdc?.state === 'failed'),
      ...(ingest.cdc && { lagMessages: ingest.cdc.lagChanges }),
    },
  };
};

const totalOf = (topics: Topics, wanted: (topic: string) => boolean): number =>
  Object.entries(topics).reduce((sum, [topic, { messages }]) => sum + (wanted(topic) ? messages : 0), 0);

const topicStatuses = (topics: Topics, rates: Rates): Record<string, NodeStatus> =>
  Object.fromEntries(
    Object.entries(topics).map(([topic, { messages, bytes }]) => {
      const perSecond = rates.get(topicId(topic));
      return [
        topicId(topic),
        {
          rows: messages,
          ...(bytes !== undefined && { sizeBytes: bytes }),
          perSecond,
          phase: phaseOf(perSecond, false),
        },
      ];
    }),
  );

const phaseOf = (perSecond: number, failed: boolean): NodeStatus['phase'] =>
  failed ? 'failed' : perSecond > 0 ? 'running' : 'idle';

/** Feeds the counters of a report that has just come to the rates. */
export const readRates = (from: keyof Reports, reports: Reports, rates: Rates, atMs: number): void => {
  const { simulator, ingest, pipeline, broker } = reports;
  if (from === 'simulator' && simulator) rates.read(sourceIds.world, simulator.generated, atMs);
  if (from === 'ingest' && ingest) {
    rates.read(sourceIds.gateway, ingest.accepted, atMs);
    rates.read(sourceIds.cdc, ingest.cdc?.position ?? 0, atMs);
    rates.read(sourceIds.oltp, (ingest.cdc?.position ?? 0) + (ingest.cdc?.lagChanges ?? 0), atMs);
  }
  if (from === (broker ? 'broker' : 'pipeline'))
    for (const [topic, { messages }] of Object.entries(topicsOf(reports))) rates.read(topicId(topic), messages, atMs);
  if (from === 'pipeline')
    for (const [table, { rows }] of Object.entries(pipeline?.tables ?? {}))
      rates.read(table, rows ?? 0, atMs, tableWindowMs);
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
