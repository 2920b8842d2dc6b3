/** The flow of the data, drawn once per graph and fitted to the window; only its figures change. */
import '@xyflow/react/dist/base.css';
import { Panel, ReactFlow, ReactFlowProvider, useReactFlow, useStore } from '@xyflow/react';
import { IconMaximize } from '@tabler/icons-react';
import { useElementSize } from '@mantine/hooks';
import { useEffect, useMemo, useState } from 'react';
import type { FlowGraph } from '../../engine/contract/index.ts';
import { Button } from '../parts/controls.tsx';
import { layerColor } from '../parts/layers.tsx';
import { drawingOf, type Drawing } from './cards.ts';
import { ColumnHead, type HeadNode } from './ColumnHead.tsx';
import { orderWithElk } from './elk.ts';
import { FlowCard, type CardNode } from './FlowCard.tsx';
import { FlowWire, type WireEdge } from './FlowWire.tsx';
import { columnHeadHeight, planOf, type Ordering, type Plan } from './layout.ts';
import styles from './platform.module.css';

const nodeTypes = { card: FlowCard, head: ColumnHead };
const edgeTypes = { wire: FlowWire };
const padding = 16;
const zoomMin = 0.72;
const zoomMax = 1.25;
const narrowPx = 190;

interface DiagramProps {
  readonly graph: FlowGraph;
  readonly selected: string | null;
  readonly onPick: (id: string | null) => void;
}

const cardNodes = (plan: Plan, selected: string | null, onPick: (id: string) => void): CardNode[] =>
  plan.cards.map(({ card, x, y, width, height }) => ({
    id: card.id,
    type: 'card',
    position: { x, y },
    width,
    height,
    data: { card, selected, onPick, narrow: width < narrowPx },
    // React Flow lets the pointer through nodes that can be neither moved nor selected; these have buttons.
    style: { pointerEvents: 'all' },
    focusable: false,
  }));

const headNodes = (plan: Plan, graph: FlowGraph): HeadNode[] =>
  plan.heads.map(({ column, x, width }) => ({
    id: `head ${column}`,
    type: 'head',
    position: { x, y: 0 },
    width,
    height: columnHeadHeight - 6,
    data: { column, nodes: graph.nodes.filter((node) => node.layer === column) },
    style: { pointerEvents: 'all' },
    selectable: false,
    focusable: false,
  }));

/** The picked hop's wires are lit, the others step back. */
const wireEdges = (plan: Plan, drawing: Drawing, selected: string | null): WireEdge[] => {
  const cardOf = (id: string): (typeof drawing.cards)[number] | undefined =>
    drawing.cards.find((card) => card.nodes.some((node) => node.id === id) || card.quarantine?.id === id);
  const picked = selected === null ? undefined : cardOf(selected);
  return plan.wires.map(({ wire, path }) => {
    const lit = wire.from === picked?.id || wire.to === picked?.id;
    const origin = drawing.cards.find((card) => card.id === wire.from);
    const state = picked === undefined ? 'plain' : lit ? 'lit' : 'dim';
    return {
      id: wire.id,
      type: 'wire',
      source: wire.from,
      target: wire.to,
      data: { path, flow: wire.flow, color: layerColor(origin?.column ?? 'source'), state },
      focusable: false,
    };
  });
};

const useOrdering = (drawing: Drawing): Ordering | null => {
  const [ordered, setOrdered] = useState<{ drawing: Drawing; ordering: Ordering } | null>(null);
  useEffect(() => {
    let current = true;
    const order = async (): Promise<void> => {
      const ordering = await orderWithElk(drawing);
      if (current) setOrdered({ drawing, ordering });
    };
    void order();
    return () => {
      current = false;
    };
  }, [drawing]);
  return ordered?.drawing === drawing ? ordered.ordering : null;
};

interface FitProps {
  readonly plan: Plan;
  readonly zoom: number;
  readonly width: number;
  readonly height: number;
}

/** Fits when the size of the window or of the drawing changes, never because a figure did; and on demand, once it was moved. */
const FitTo = ({ plan, zoom, width, height }: FitProps) => {
  const flow = useReactFlow();
  const fitted = useMemo(() => {
    const x = Math.max(padding, (width - plan.width * zoom) / 2);
    return { x, y: Math.max(8, Math.min(16, (height - plan.height * zoom) / 2)), zoom };
  }, [plan, zoom, width, height]);
  const moved = useStore(({ transform: [x, y, scale] }) => x !== fitted.x || y !== fitted.y || scale !== fitted.zoom);
  useEffect(() => void flow.setViewport(fitted), [flow, fitted]);
  if (!moved) return null;
  return (
    <Panel position="bottom-left">
      <Button icon={IconMaximize} onClick={() => void flow.setViewport(fitted, { duration: 150 })}>
        Fit
      </Button>
    </Panel>
  );
};

/** As large as the height allows within what is readable; the columns then take the width that is left at that size. */
const usePlan = (drawing: Drawing, width: number, height: number): { plan: Plan; zoom: number } | null => {
  const ordering = useOrdering(drawing);
  return useMemo(() => {
    if (ordering === null || width === 0) return null;
    const room = width - 2 * padding;
    const tall = planOf(drawing, ordering, room);
    const byHeight = Math.max(zoomMin, Math.min(zoomMax, (height - 16) / tall.height));
    const plan = planOf(drawing, ordering, room / byHeight);
    return { plan, zoom: Math.max(zoomMin, Math.min(byHeight, room / plan.width)) };
  }, [drawing, ordering, width, height]);
};

const Diagram = ({ graph, selected, onPick }: DiagramProps) => {
  const { ref, width, height } = useElementSize();
  const drawing = useMemo(() => drawingOf(graph), [graph]);
  const fitted = usePlan(drawing, width, height);
  const plan = fitted?.plan ?? null;
  const nodes = useMemo(
    () => (plan === null ? [] : [...headNodes(plan, graph), ...cardNodes(plan, selected, onPick)]),
    [plan, graph, selected, onPick],
  );
  const edges = useMemo(() => (plan === null ? [] : wireEdges(plan, drawing, selected)), [plan, drawing, selected]);
  return (
    <div ref={ref} className={styles['diagram']} aria-label="Flow of the data">
      {fitted !== null && (
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          nodesDraggable={false}
          nodesConnectable={false}
          elementsSelectable={false}
          zoomOnDoubleClick={false}
          zoomOnScroll={false}
          panOnScroll
          preventScrolling
          minZoom={0.4}
          maxZoom={1.5}
          proOptions={{ hideAttribution: true }}
          onPaneClick={() => onPick(null)}
        >
          <FitTo {...fitted} width={width} height={height} />
        </ReactFlow>
      )}
    </div>
  );
};

export const FlowDiagram = (props: DiagramProps) => (
  <ReactFlowProvider>
    <Diagram {...props} />
  </ReactFlowProvider>
);
