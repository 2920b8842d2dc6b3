import { describe, expect, test } from 'vitest';
import type { FlowGraph, FlowNode, Layer } from '../../engine/contract/index.ts';
import { drawingOf, groupTitle, rowName } from './cards.ts';

const node = (id: string, layer: Layer, kind: FlowNode['kind'] = 'streaming table'): FlowNode => ({
  id,
  name: id,
  layer,
  kind,
});
const edges = (...pairs: [string, string][]): FlowGraph['edges'] => pairs.map(([from, to]) => ({ from, to }));

const graph: FlowGraph = {
  nodes: [
    node('gateway', 'source', 'gateway'),
    node('order.placed', 'topic', 'topic'),
    node('order.delivered', 'topic', 'topic'),
    node('rider.location', 'topic', 'topic'),
    node('bronze.orders', 'bronze'),
    node('bronze.deliveries', 'bronze'),
    node('silver.orders', 'silver'),
    node('silver.orders__quarantine', 'quarantine', 'quarantine'),
  ],
  edges: edges(
    ['gateway', 'order.placed'],
    ['gateway', 'order.delivered'],
    ['gateway', 'rider.location'],
    ['order.placed', 'bronze.orders'],
    ['order.delivered', 'bronze.orders'],
    ['rider.location', 'bronze.deliveries'],
    ['bronze.orders', 'silver.orders'],
    ['silver.orders', 'silver.orders__quarantine'],
  ),
};

describe('the drawing of a flow graph', () => {
  const { cards, wires } = drawingOf(graph);

  test('topics of the same way are one card, others stand alone', () => {
    const topics = cards.filter((card) => card.column === 'topic');
    expect(topics.map((card) => [card.title, card.kind, card.nodes.length])).toEqual([
      ['order.*', 'group', 2],
      ['rider.location', 'single', 1],
    ]);
  });

  test('a quarantine is part of its table’s card', () => {
    expect(cards.find((card) => card.id === 'silver.orders')?.quarantine?.id).toBe('silver.orders__quarantine');
    expect(cards.some((card) => card.id === 'silver.orders__quarantine')).toBe(false);
  });

  test('no node is lost', () => {
    const drawn = cards.flatMap((card) =>
      [...card.nodes, ...(card.quarantine ? [card.quarantine] : [])].map(({ id }) => id),
    );
    expect(drawn.toSorted()).toEqual(graph.nodes.map(({ id }) => id).toSorted());
  });

  test('wires between the same cards are one, and carry what their topics carry', () => {
    expect(wires.map(({ from, to }) => [from, to])).toEqual([
      ['gateway', 'group order.placed'],
      ['gateway', 'rider.location'],
      ['group order.placed', 'bronze.orders'],
      ['rider.location', 'bronze.deliveries'],
      ['bronze.orders', 'silver.orders'],
    ]);
    expect(wires[0]?.flow.map(({ id }) => id)).toEqual(['order.placed', 'order.delivered']);
    expect(wires[4]?.flow.map(({ id }) => id)).toEqual(['bronze.orders']);
  });
});

test('topics of one family and origin that part ways are one card, with a wire from each row', () => {
  const parting: FlowGraph = {
    nodes: [
      node('cdc', 'source', 'cdc'),
      node('cdc.shop.orders', 'topic', 'topic'),
      node('cdc.shop.customers', 'topic', 'topic'),
      node('bronze.orders', 'bronze'),
      node('bronze.customers', 'bronze'),
    ],
    edges: edges(
      ['cdc', 'cdc.shop.orders'],
      ['cdc', 'cdc.shop.customers'],
      ['cdc.shop.orders', 'bronze.orders'],
      ['cdc.shop.customers', 'bronze.customers'],
    ),
  };
  const { cards, wires } = drawingOf(parting);
  const group = cards.find((card) => card.kind === 'group')!;
  expect([group.title, group.nodes.map((topic) => rowName(group, topic))]).toEqual([
    'cdc.shop.*',
    ['orders', 'customers'],
  ]);
  expect(wires.map(({ to, row, flow }) => [to, row, flow.length])).toEqual([
    [group.id, undefined, 2],
    ['bronze.orders', 0, 1],
    ['bronze.customers', 1, 1],
  ]);
});

test('a group of two families is named by both', () => {
  expect(groupTitle(['delivery.assigned', 'delivery.completed', 'rider.location'])).toBe('delivery.* rider.*');
});
