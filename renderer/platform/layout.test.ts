import ELK from 'elkjs/lib/elk.bundled.js';
import { describe, expect, test } from 'vitest';
import type { FlowGraph, FlowNode, Layer } from '../../engine/contract/index.ts';
import { drawingOf } from './cards.ts';
import { cardHeight, elkGraph, orderingOf, planOf, spread, type Plan } from './layout.ts';

const node = (id: string, layer: Layer, kind: FlowNode['kind'] = 'streaming table'): FlowNode => ({
  id,
  name: id,
  layer,
  kind,
});
const topics = ['order.placed', 'order.delivered', 'rider.location', 'cdc.shop.orders', 'replay.deliveries'];
const graph: FlowGraph = {
  nodes: [
    node('world', 'source', 'world'),
    node('gateway', 'source', 'gateway'),
    ...topics.map((topic) => node(topic, 'topic', 'topic')),
    ...['bronze.orders', 'bronze.deliveries', 'bronze.cdc', 'bronze.raw'].map((id) => node(id, 'bronze')),
    ...['silver.orders', 'silver.deliveries'].map((id) => node(id, 'silver')),
    ...['gold.by_city', 'gold.by_rider'].map((id) => node(id, 'gold', 'materialized view')),
  ],
  edges: [
    { from: 'world', to: 'gateway' },
    ...topics.map((to) => ({ from: 'gateway', to })),
    { from: 'order.placed', to: 'bronze.orders' },
    { from: 'order.delivered', to: 'bronze.orders' },
    { from: 'rider.location', to: 'bronze.deliveries' },
    { from: 'cdc.shop.orders', to: 'bronze.cdc' },
    { from: 'replay.deliveries', to: 'bronze.raw' },
    { from: 'bronze.orders', to: 'silver.orders' },
    { from: 'bronze.deliveries', to: 'silver.deliveries' },
    { from: 'silver.orders', to: 'gold.by_city' },
    { from: 'silver.deliveries', to: 'gold.by_rider' },
    { from: 'bronze.cdc', to: 'gold.by_city' },
  ],
};

const plan = async (width: number): Promise<Plan> => {
  const drawing = drawingOf(graph);
  return planOf(drawing, orderingOf(await new ELK().layout(elkGraph(drawing))), width);
};

describe('the plan of the diagram', () => {
  test('keeps every card in the column of its layer, columns from left to right', async () => {
    const { cards, heads } = await plan(1200);
    for (const { card, x } of cards) expect(x).toBe(heads.find((head) => head.column === card.column)?.x);
    expect(heads.map((head) => head.x)).toEqual(heads.map((head) => head.x).toSorted((a, b) => a - b));
  });

  test('lets no two cards overlap', async () => {
    const { cards } = await plan(1200);
    for (const a of cards)
      for (const b of cards)
        if (a !== b && a.x === b.x) expect(a.y + a.height <= b.y || b.y + b.height <= a.y).toBe(true);
  });

  test('is the same each time, and a wider window moves nothing up or down', async () => {
    const [first, again, wide] = [await plan(1200), await plan(1200), await plan(1800)];
    expect(again).toEqual(first);
    expect(wide.cards.map((card) => card.y)).toEqual(first.cards.map((card) => card.y));
  });

  test('draws every wire, also those that skip a layer', async () => {
    const { wires, width } = await plan(1200);
    expect(wires).toHaveLength(drawingOf(graph).wires.length);
    expect(wires.every(({ path }) => /^M[\d.-]+ [\d.-]+[CL]/.test(path) && !path.includes('NaN'))).toBe(true);
    expect(width).toBeLessThanOrEqual(1200);
  });
});

test('cards and gaps keep a readable size in any window', () => {
  expect(spread(1200, 5)).toEqual({ card: 208, gap: 40 });
  expect(spread(600, 5)).toEqual({ card: 176, gap: 40 });
  expect(spread(3000, 5)).toEqual({ card: 264, gap: 120 });
});

test('a group is as high as its rows', () => {
  const [group] = drawingOf(graph).cards.filter((card) => card.kind === 'group');
  expect(cardHeight(group!)).toBe(28 + 2 * 18 + 4);
});
