/**
 * From the flow graph to what is drawn. A graph of 40 nodes does not fit a screen as 40 boxes, and need not: topics that
 * come from the same place and go to the same place, or are of one family, are one card with a row each, and a quarantine is a row of the table
 * whose rules it keeps. So every node is still there and can be picked, with a quarter of the edges.
 */
import type { FlowEdge, FlowGraph, FlowNode, Layer } from '../../engine/contract/index.ts';

export type Column = Exclude<Layer, 'quarantine'>;
export const columns: readonly Column[] = ['source', 'topic', 'bronze', 'silver', 'gold'];

export interface Card {
  readonly id: string;
  readonly column: Column;
  readonly title: string;
  /** `group`: several topics, one row each; `single`: one node, with its quarantine if it has one. */
  readonly kind: 'single' | 'group';
  readonly nodes: readonly FlowNode[];
  readonly quarantine?: FlowNode;
}

export interface Wire {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** The nodes whose rates add up to what flows here. */
  readonly flow: readonly FlowNode[];
  /** The row of its group at which the wire begins, if only that topic flows here. */
  readonly row?: number;
}

export interface Drawing {
  readonly cards: readonly Card[];
  readonly wires: readonly Wire[];
}

const neighbours = (graph: FlowGraph): ((id: string) => string) => {
  const signature = new Map<string, string[]>();
  const add = (id: string, mark: string): void => void signature.set(id, [...(signature.get(id) ?? []), mark]);
  for (const { from, to } of graph.edges) {
    add(from, `>${to}`);
    add(to, `<${from}`);
  }
  return (id) => (signature.get(id) ?? []).toSorted().join(' ');
};

const prefixOf = (topic: string): string => topic.slice(0, Math.max(0, topic.lastIndexOf('.'))) || topic;

/** `order.*` for order.placed and order.delivered; `delivery.* rider.*` for two families. */
export const groupTitle = (topics: readonly string[]): string =>
  [...new Set(topics.map(prefixOf))].map((prefix) => `${prefix}.*`).join(' ');

/** A topic's name within its group: the family is in the group's title already, if it is only one. */
export const rowName = (card: Card, topic: FlowNode): string => {
  const prefix = prefixOf(topic.name);
  return card.title === `${prefix}.*` ? topic.name.slice(prefix.length + 1) : topic.name;
};

/** The name without what its column already says: `silver.orders` in the silver column is `orders`. */
export const shortName = (node: FlowNode): string => {
  const prefix = `${node.layer === 'quarantine' ? 'silver' : node.layer}.`;
  return node.name.startsWith(prefix) ? node.name.slice(prefix.length) : node.name;
};

const topicCard = (topics: readonly FlowNode[]): Card => {
  const first = topics[0]!;
  if (topics.length === 1) return { id: first.id, column: 'topic', title: first.name, kind: 'single', nodes: topics };
  const title = groupTitle(topics.map((topic) => topic.name));
  return { id: `group ${first.id}`, column: 'topic', title, kind: 'group', nodes: topics };
};

/** First those that go the same way, whatever their names; then what is left over by family and origin. */
const topicCards = (topics: readonly FlowNode[], graph: FlowGraph): Card[] => {
  const signature = neighbours(graph);
  const family = (topic: FlowNode): string =>
    `${prefixOf(topic.name)} ${graph.edges.flatMap(({ from, to }) => (to === topic.id ? from : [])).join(' ')}`;
  const groups = [...Map.groupBy(topics, (topic) => signature(topic.id)).values()];
  const alone = groups.filter((group) => group.length === 1).flat();
  const families = [...Map.groupBy(alone, family).values()];
  return [...groups.filter((group) => group.length > 1), ...families].map(topicCard);
};

const singleCards = (graph: FlowGraph): Card[] => {
  const quarantines = new Map(graph.nodes.filter((node) => node.layer === 'quarantine').map((node) => [node.id, node]));
  const quarantineOf = (id: string): FlowNode | undefined =>
    graph.edges.flatMap(({ from, to }) => (from === id ? (quarantines.get(to) ?? []) : []))[0];
  return graph.nodes.flatMap((node): Card[] => {
    const column = columns.find((each) => each === node.layer);
    if (column === undefined || column === 'topic') return [];
    const quarantine = quarantineOf(node.id);
    const card: Card = { id: node.id, column, title: shortName(node), kind: 'single', nodes: [node] };
    return [quarantine === undefined ? card : { ...card, quarantine }];
  });
};

/** What flows on a wire: what the topics at one of its ends carry, else what its origin gives. */
const flowOf = (from: Card, to: Card, ends: readonly FlowEdge[]): readonly FlowNode[] => {
  if (from.column === 'topic') return from.nodes.filter((node) => ends.some((edge) => edge.from === node.id));
  return to.column === 'topic' ? to.nodes.filter((node) => ends.some((edge) => edge.to === node.id)) : from.nodes;
};

const wireOf = (from: Card, to: Card, ends: readonly FlowEdge[]): Wire => {
  const wire: Wire = { id: `${from.id} → ${to.id}`, from: from.id, to: to.id, flow: flowOf(from, to, ends) };
  const one = from.kind === 'group' && ends.length === 1;
  return one ? { ...wire, row: from.nodes.findIndex((node) => node.id === ends[0]!.from) } : wire;
};

export const drawingOf = (graph: FlowGraph): Drawing => {
  const topics = graph.nodes.filter((node) => node.layer === 'topic');
  const cards = [...singleCards(graph), ...topicCards(topics, graph)];
  const cardOf = new Map(cards.flatMap((card) => card.nodes.map((node) => [node.id, card] as const)));
  const drawn = graph.edges.filter(
    ({ from, to }) => cardOf.has(from) && cardOf.has(to) && cardOf.get(from) !== cardOf.get(to),
  );
  const bundles = Map.groupBy(drawn, ({ from, to }) => `${cardOf.get(from)!.id} → ${cardOf.get(to)!.id}`);
  const wires = [...bundles.values()].map((ends) => wireOf(cardOf.get(ends[0]!.from)!, cardOf.get(ends[0]!.to)!, ends));
  return { cards, wires };
};
