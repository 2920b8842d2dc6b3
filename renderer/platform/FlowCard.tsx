/** A card of the diagram: one table or source with its figures, or a group of topics with a row each. */
import { Handle, Position, type NodeProps, type Node } from '@xyflow/react';
import { memo } from 'react';
import type { FlowNode, NodeStatus } from '../../engine/contract/index.ts';
import { platform, recent } from '../api/live.ts';
import { rateSeconds } from '../api/samples.ts';
import { useSelect } from '../api/store.ts';
import { compact, rate } from '../format/numbers.ts';
import { Dot } from '../parts/controls.tsx';
import { LayerIcon, layerColor } from '../parts/layers.tsx';
import { Sparkline } from '../parts/Sparkline.tsx';
import { rowName, type Card } from './cards.ts';
import { lagTone, rateSeries, statusTone, statusWord } from './figures.ts';
import { anchorOf, isLine } from './layout.ts';
import { useRate } from './use-rate.ts';
import styles from './platform.module.css';

export interface CardData extends Record<string, unknown> {
  readonly card: Card;
  readonly selected: string | null;
  readonly onPick: (id: string) => void;
  /** Too narrow for seven digits beside the other figures. */
  readonly narrow: boolean;
}
export type CardNode = Node<CardData, 'card'>;

const sparkSeconds = 60;

const useStatus = (id: string): NodeStatus | undefined => useSelect(platform, (state) => state?.nodes[id]);

const Spark = ({ name, color, width }: { name: string; color: string; width: number }) => {
  const samples = useSelect(recent, (all) => all);
  return <Sparkline values={rateSeries(samples.slice(-sparkSeconds), name)} width={width} height={14} color={color} />;
};

/** Lag as time where it is known: a reader asks "how old", seldom "how many". */
const Lag = ({ status }: { status: NodeStatus | undefined }) => {
  if (status?.lagSeconds === undefined && status?.lagMessages === undefined) return <span />;
  const tone = lagTone(status.lagSeconds);
  const text = status.lagSeconds === undefined ? compact(status.lagMessages) : `${rate(status.lagSeconds)} s`;
  return (
    <span className={styles['lag']} data-tone={tone}>
      <span className={styles['unit']}>lag</span> {text}
    </span>
  );
};

interface HeadProps {
  readonly node: FlowNode;
  readonly title: string;
  readonly data: CardData;
  readonly status: NodeStatus | undefined;
}

/** The mean of the last seconds; where nothing can be said, nothing is. */
const Rate = ({ nodes }: { nodes: readonly FlowNode[] }) => {
  const perSecond = useRate(nodes);
  if (perSecond === undefined) return <span />;
  return (
    <span className={styles['rate-figure']} title={`mean of the last ${rateSeconds} s`}>
      {rate(perSecond)}
      <span className={styles['unit']}>/s</span>
    </span>
  );
};

const Name = ({ node, title }: { node: FlowNode; title: string }) => (
  <span className={styles['name']} title={node.name}>
    {title}
  </span>
);

const pickProps = ({ node, data, status }: HeadProps) => ({
  type: 'button' as const,
  'aria-pressed': data.selected === node.id,
  'aria-label': `${node.name}, ${node.kind}, ${statusWord(status)}`,
  onClick: () => data.onPick(node.id),
});

const Head = (props: HeadProps) => {
  const { node, title, status } = props;
  const flowing = (useRate([node]) ?? 0) > 0;
  return (
    <button className={styles['head']} {...pickProps(props)}>
      <LayerIcon layer={node.layer} kind={node.kind} />
      <span className={styles['head-line']}>
        <Name node={node} title={title} />
        <Spark name={node.name} color={layerColor(node.layer)} width={36} />
      </span>
      <Dot tone={statusTone(status, flowing)} ring={!flowing} label={statusWord(status, flowing)} />
      <span className={styles['head-figures']}>
        <span className={styles['rows']}>
          {status?.rows === undefined ? node.kind : compact(status.rows, props.data.narrow ? 1_000_000 : undefined)}
        </span>
        <Rate nodes={[node]} />
        <Lag status={status} />
      </span>
    </button>
  );
};

/** A topic alone: one line. */
const LineHead = (props: HeadProps) => {
  const { node, title } = props;
  return (
    <button className={styles['line-head']} {...pickProps(props)}>
      <LayerIcon layer={node.layer} kind={node.kind} />
      <Name node={node} title={title} />
      <Spark name={node.name} color={layerColor(node.layer)} width={36} />
      <Rate nodes={[node]} />
    </button>
  );
};

const QuarantineRow = ({ node, data }: { node: FlowNode; data: CardData }) => {
  const status = useStatus(node.id);
  return (
    <button
      type="button"
      className={styles['quarantine-row']}
      aria-pressed={data.selected === node.id}
      aria-label={`${node.name}, ${compact(status?.rows)} rows`}
      onClick={() => data.onPick(node.id)}
    >
      <LayerIcon layer="quarantine" size={12} />
      <span className={styles['name']}>quarantine</span>
      <span>{compact(status?.rows)}</span>
    </button>
  );
};

const TopicRow = ({ node, data }: { node: FlowNode; data: CardData }) => (
  <button
    type="button"
    className={styles['topic-row']}
    aria-pressed={data.selected === node.id}
    aria-label={`${node.name}, topic`}
    onClick={() => data.onPick(node.id)}
  >
    <span className={styles['name']} title={node.name}>
      {rowName(data.card, node)}
    </span>
    <Spark name={node.name} color={layerColor('topic')} width={36} />
    <Rate nodes={[node]} />
  </button>
);

const GroupCard = ({ data }: { data: CardData }) => {
  const { card } = data;
  return (
    <>
      <div className={styles['group-head']}>
        <LayerIcon layer="topic" />
        <span className={styles['name']} title={card.title}>
          {card.title}
        </span>
        <Rate nodes={card.nodes} />
      </div>
      {card.nodes.map((node) => (
        <TopicRow key={node.id} node={node} data={data} />
      ))}
    </>
  );
};

const SingleCard = ({ data }: { data: CardData }) => {
  const { card } = data;
  const node = card.nodes[0]!;
  const status = useStatus(node.id);
  const Shape = isLine(card) ? LineHead : Head;
  return (
    <>
      <Shape node={node} title={card.title} data={data} status={status} />
      {card.quarantine !== undefined && <QuarantineRow node={card.quarantine} data={data} />}
    </>
  );
};

export const FlowCard = memo(({ data }: NodeProps<CardNode>) => {
  const { card, selected } = data;
  const tone = useSelect(platform, (state) => statusTone(state?.nodes[card.nodes[0]!.id]));
  const top = anchorOf(card);
  return (
    <div
      className={styles['card']}
      data-tone={card.kind === 'single' ? tone : 'idle'}
      data-selected={card.nodes.some((node) => node.id === selected)}
      style={{ '--layer': layerColor(card.column) } as React.CSSProperties}
    >
      <Handle
        type="target"
        position={Position.Left}
        className={styles['handle'] ?? ''}
        style={{ top }}
        isConnectable={false}
      />
      {card.kind === 'group' ? <GroupCard data={data} /> : <SingleCard data={data} />}
      <Handle
        type="source"
        position={Position.Right}
        className={styles['handle'] ?? ''}
        style={{ top }}
        isConnectable={false}
      />
    </div>
  );
});
