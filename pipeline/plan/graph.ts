/** The plan as a picture: topics and tables, and what flows between them. */
import type { Column } from '../../lake/index.ts';
import { quarantineSuffix, type Dataset, type Layer, type Plan } from './types.ts';

export interface FlowNode {
  /** Tables: `schema.table`. Topics: `topic:` and the name. */
  readonly id: string;
  readonly name: string;
  readonly layer: Layer;
  readonly kind: 'topic' | 'streaming table' | 'materialized view' | 'quarantine';
  readonly comment?: string;
  readonly columns: readonly Column[];
}

export interface FlowEdge {
  readonly from: string;
  readonly to: string;
}

export interface FlowGraph {
  readonly nodes: readonly FlowNode[];
  readonly edges: readonly FlowEdge[];
}

/** `topics`: the topics that a table's patterns match now; without it the patterns themselves stand for them. */
export const graphOf = (plan: Plan, topics: (dataset: Dataset) => readonly string[] = patternsOf): FlowGraph => {
  const nodes = new Map<string, FlowNode>();
  const edges: FlowEdge[] = [];
  for (const dataset of plan.datasets) {
    for (const topic of topics(dataset)) {
      const id = `topic:${topic}`;
      nodes.set(id, { id, name: topic, layer: 'topic', kind: 'topic', columns: [] });
      edges.push({ from: id, to: dataset.name });
    }
    nodes.set(dataset.name, nodeOf(dataset));
    edges.push(...tablesRead(dataset).map((from) => ({ from, to: dataset.name })));
    if (!quarantines(dataset)) continue;
    const id = `${dataset.name}${quarantineSuffix}`;
    nodes.set(id, { id, name: id, layer: 'quarantine', kind: 'quarantine', columns: quarantineColumns(dataset) });
    edges.push({ from: dataset.name, to: id });
  }
  return { nodes: [...nodes.values()], edges };
};

const nodeOf = ({ name, layer, kind, comment, columns }: Dataset): FlowNode => ({
  id: name,
  name,
  layer,
  kind,
  columns,
  ...(comment !== undefined && { comment }),
});

export const patternsOf = ({ flow }: Dataset): readonly string[] =>
  flow.kind !== 'view' && flow.stream.kind === 'kafka' ? flow.stream.kafka.topics : [];

/** Stored tables that a dataset reads, its stream first. */
export const tablesRead = ({ flow }: Dataset): string[] =>
  flow.kind !== 'view' && flow.stream.kind === 'table' ? [flow.stream.table, ...flow.tables] : [...flow.tables];

export const quarantines = ({ flow }: Dataset): boolean =>
  flow.kind === 'append' && flow.expectations.some(({ onViolation }) => onViolation === 'quarantine');

/** What `<table>__quarantine` holds: the row, all rules that it violated, its Kafka position, and when it was set aside. */
export const quarantineColumns = (dataset: Dataset): Column[] => [
  ...dataset.columns.map((column) => ({ ...column, nullable: true })),
  { name: '_reasons', type: 'VARCHAR[]' },
  { name: '_topic', type: 'VARCHAR' },
  { name: '_partition', type: 'INTEGER' },
  { name: '_offset', type: 'BIGINT' },
  { name: '_quarantined_at', type: 'TIMESTAMP WITH TIME ZONE' },
];

/** Tables of gold, and those that they are made from. */
export const feedersOfGold = (plan: Plan): ((table: string) => boolean) => {
  const feeders = new Set<string>();
  for (const dataset of plan.datasets.toReversed()) {
    if (dataset.layer !== 'gold' && !feeders.has(dataset.name)) continue;
    for (const name of [dataset.name, ...tablesRead(dataset)]) feeders.add(name);
  }
  return (table) => feeders.has(table);
};
