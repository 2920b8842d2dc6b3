/**
 * Where the cards stand. ELK's layered algorithm decides the order within each column and the heights (few crossings, straight
 * wires), once per graph. Columns are then spread over the width that the window has, so that a resize moves nothing up or down.
 */
import type { ElkNode } from 'elkjs/lib/elk-api.js';
import { columns, type Card, type Column, type Drawing, type Wire } from './cards.ts';

export const headHeight = 44;
export const lineHeight = 28;
export const rowHeight = 18;
export const groupHeadHeight = 28;
export const quarantineHeight = 24;
export const columnHeadHeight = 28;
const groupFoot = 4;
const cardGap = 8;

/** A topic alone has no lag and no files: one line says all. */
export const isLine = (card: Card): boolean => card.kind === 'single' && card.column === 'topic';

export const cardHeight = (card: Card): number => {
  if (card.kind === 'group') return groupHeadHeight + card.nodes.length * rowHeight + groupFoot;
  if (isLine(card)) return lineHeight;
  return headHeight + (card.quarantine === undefined ? 0 : quarantineHeight);
};

/** Where a wire meets its card, from the card's top. */
export const anchorOf = (card: Card): number =>
  card.kind === 'group' ? groupHeadHeight / 2 : isLine(card) ? lineHeight / 2 : headHeight / 2;

/** Where a wire leaves its card: at its topic's row, if it is of one topic only. */
const leaveAt = (card: Card, wire: Wire): number =>
  wire.row === undefined ? anchorOf(card) : groupHeadHeight + (wire.row + 0.5) * rowHeight;

/** What ELK says: the top of each card, and for wires that pass a column in between, at which heights. */
export interface Ordering {
  readonly tops: ReadonlyMap<string, number>;
  readonly bends: ReadonlyMap<string, readonly { readonly x: number; readonly y: number }[]>;
}

const elkColumnWidth = 200;
const elkOptions: Record<string, string> = {
  'elk.algorithm': 'layered',
  'elk.direction': 'RIGHT',
  'elk.partitioning.activate': 'true',
  'elk.edgeRouting': 'POLYLINE',
  'elk.spacing.nodeNode': String(cardGap),
  'elk.spacing.edgeNode': '10',
  'elk.spacing.edgeEdge': '8',
  'elk.layered.spacing.nodeNodeBetweenLayers': '60',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.layered.thoroughness': '20',
  'elk.randomSeed': '1',
};

/** Wires within a column are drawn beside it and must not make ELK split the column. */
const between = (drawing: Drawing): Wire[] => {
  const column = new Map(drawing.cards.map((card) => [card.id, card.column]));
  return drawing.wires.filter(({ from, to }) => column.get(from) !== column.get(to));
};

/** The drawing as ELK's input. */
export const elkGraph = (drawing: Drawing): ElkNode => ({
  id: 'root',
  layoutOptions: elkOptions,
  children: drawing.cards.map((card) => ({
    id: card.id,
    width: elkColumnWidth,
    height: cardHeight(card),
    layoutOptions: { 'elk.partitioning.partition': String(columns.indexOf(card.column)) },
  })),
  edges: between(drawing).map(({ id, from, to }) => ({ id, sources: [from], targets: [to] })),
});

/** ELK's answer, reduced to what is used of it. */
export const orderingOf = (result: ElkNode): Ordering => ({
  tops: new Map((result.children ?? []).map((node) => [node.id, node.y ?? 0])),
  bends: new Map(
    (result.edges ?? []).map((edge) => [edge.id, edge.sections?.flatMap((part) => part.bendPoints ?? []) ?? []]),
  ),
});

export interface Placed {
  readonly card: Card;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
export interface PlacedWire {
  readonly wire: Wire;
  readonly path: string;
}
export interface Plan {
  readonly cards: readonly Placed[];
  readonly wires: readonly PlacedWire[];
  readonly heads: readonly { readonly column: Column; readonly x: number; readonly width: number }[];
  readonly width: number;
  readonly height: number;
}

export const cardWidthMin = 176;
const cardWidthMax = 264;
const gapMin = 40;

/** Card width and gap for `width` pixels: the gap takes about a fifth, neither is ever too small to read. */
export const spread = (width: number, count: number): { card: number; gap: number } => {
  const card = Math.min(cardWidthMax, Math.max(cardWidthMin, Math.floor((width - (count - 1) * gapMin) / count)));
  const gap = count < 2 ? 0 : Math.min(120, Math.max(gapMin, Math.floor((width - count * card) / (count - 1))));
  return { card, gap };
};

/**
 * A card with no wire to another column (a source that feeds only other sources) has no height of its own: it stands between
 * those of its column that it is wired to, or just above the one.
 */
const completeTops = (drawing: Drawing, ordering: Ordering): Map<string, number> => {
  const wired = new Set(between(drawing).flatMap(({ from, to }) => [from, to]));
  const tops = new Map([...ordering.tops].filter(([id]) => wired.has(id)));
  const loose = drawing.cards.filter((card) => !wired.has(card.id)).toReversed();
  for (const card of loose) {
    const near = drawing.wires.flatMap(({ from, to }) => (from === card.id ? (tops.get(to) ?? []) : []));
    const above = (near[0] ?? ordering.tops.get(card.id) ?? 0) - cardHeight(card) - 14;
    tops.set(card.id, near.length > 1 ? near.reduce((total, top) => total + top, 0) / near.length : above);
  }
  return tops;
};

/** Cards from top to bottom without overlap, as near to ELK's heights as that allows. */
const columnTops = (cards: readonly Card[], tops: ReadonlyMap<string, number>): Map<string, number> => {
  const sorted = cards.toSorted((a, b) => (tops.get(a.id) ?? 0) - (tops.get(b.id) ?? 0));
  let free = -Infinity;
  return new Map(
    sorted.map((card) => {
      const top = Math.max(free, Math.round(tops.get(card.id) ?? 0));
      free = top + cardHeight(card) + cardGap;
      return [card.id, top];
    }),
  );
};

/** Rows of a group whose topics part ways stand in the order of where they go, so that their wires do not cross. */
const sortRows = (drawing: Drawing, tops: ReadonlyMap<string, number>): Drawing => {
  const goal = new Map(
    drawing.wires.flatMap((wire) => (wire.row === undefined ? [] : [[wire.flow[0]!.id, tops.get(wire.to) ?? 0]])),
  );
  const sorted = (card: Card): Card => ({
    ...card,
    nodes: card.nodes.toSorted((a, b) => (goal.get(a.id) ?? Infinity) - (goal.get(b.id) ?? Infinity) || 0),
  });
  const cards = drawing.cards.map((card) => (card.nodes.some((node) => goal.has(node.id)) ? sorted(card) : card));
  const byId = new Map(cards.map((card) => [card.id, card]));
  const rowOf = (wire: Wire): number =>
    byId.get(wire.from)?.nodes.findIndex((node) => node.id === wire.flow[0]?.id) ?? 0;
  return { cards, wires: drawing.wires.map((wire) => (wire.row === undefined ? wire : { ...wire, row: rowOf(wire) })) };
};

export const planOf = (unsorted: Drawing, ordering: Ordering, width: number): Plan => {
  const drawing = sortRows(unsorted, ordering.tops);
  const used = columns.filter((column) => drawing.cards.some((card) => card.column === column));
  const { card: cardWidth, gap } = spread(width, used.length);
  const x = (column: Column): number => used.indexOf(column) * (cardWidth + gap);
  const wanted = completeTops(drawing, ordering);
  const highest = Math.min(...wanted.values());
  const placed = used.flatMap((column) => {
    const inColumn = drawing.cards.filter((card) => card.column === column);
    const tops = columnTops(inColumn, wanted);
    return inColumn.map((card): Placed => {
      const y = (tops.get(card.id) ?? 0) - highest + columnHeadHeight;
      return { card, x: x(column), y, width: cardWidth, height: cardHeight(card) };
    });
  });
  const byId = new Map(placed.map((each) => [each.card.id, each]));
  const wires = drawing.wires.flatMap((wire) => {
    const from = byId.get(wire.from);
    const to = byId.get(wire.to);
    if (from === undefined || to === undefined) return [];
    const passing = passingHeights(wire, from, to, used, ordering).map((y) => y - highest + columnHeadHeight);
    return [{ wire, path: wirePath(wire, from, to, passing, cardWidth + gap) }];
  });
  return {
    cards: placed,
    wires,
    heads: used.map((column) => ({ column, x: x(column), width: cardWidth })),
    width: used.length * cardWidth + Math.max(0, used.length - 1) * gap,
    height: Math.max(columnHeadHeight, ...placed.map((each) => each.y + each.height)),
  };
};

/** Heights at which a wire passes the columns between its ends: ELK left room there. */
const passingHeights = (
  wire: Wire,
  from: Placed,
  to: Placed,
  used: readonly Column[],
  ordering: Ordering,
): number[] => {
  const skipped = used.indexOf(to.card.column) - used.indexOf(from.card.column) - 1;
  const bends = ordering.bends.get(wire.id) ?? [];
  if (skipped < 1 || bends.length < 2 * skipped) return [];
  return Array.from({ length: skipped }, (_, index) => bends[2 * index]!.y);
};

const n = (value: number): string => String(Math.round(value * 10) / 10);
const curve = (x1: number, y1: number, x2: number, y2: number): string => {
  const bend = Math.max(16, (x2 - x1) / 2);
  return `C${n(x1 + bend)} ${n(y1)} ${n(x2 - bend)} ${n(y2)} ${n(x2)} ${n(y2)}`;
};

/** Right edge to left edge, level where it passes a column; within a column a bracket on the left. */
const wirePath = (wire: Wire, from: Placed, to: Placed, passing: readonly number[], pitch: number): string => {
  if (from.x === to.x) return bracket(from, to);
  let [x, y] = [from.x + from.width, from.y + leaveAt(from.card, wire)];
  let path = `M${n(x)} ${n(y)}`;
  passing.forEach((height, index) => {
    const left = from.x + (index + 1) * pitch;
    path += `${curve(x, y, left, height)}L${n(left + from.width)} ${n(height)}`;
    [x, y] = [left + from.width, height];
  });
  return path + curve(x, y, to.x, to.y + anchorOf(to.card));
};

const bracket = (from: Placed, to: Placed): string => {
  const down = to.y > from.y;
  const adjacent = down && to.y - (from.y + from.height) < 24;
  const x = from.x + 20;
  if (adjacent) return `M${n(x)} ${n(from.y + from.height)}L${n(x)} ${n(to.y)}`;
  const reach = from.x - 14;
  const y1 = from.y + anchorOf(from.card) + (down ? 6 : -6);
  const y2 = to.y + anchorOf(to.card);
  return `M${n(from.x)} ${n(y1)}C${n(reach)} ${n(y1)} ${n(reach)} ${n(y2)} ${n(to.x)} ${n(y2)}`;
};
