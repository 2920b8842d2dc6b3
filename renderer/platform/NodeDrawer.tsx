/** One hop of the data in detail: every figure with its unit, every count with a way to its rows. */
import { IconArrowLeft, IconArrowRight, IconTableFilled, IconTerminal2 } from '@tabler/icons-react';
import { type ReactNode } from 'react';
import { useLocation } from 'wouter';
import type { FlowGraph, FlowNode, NodeStatus } from '../../engine/contract/index.ts';
import { platform, recent } from '../api/live.ts';
import { useCatalog } from '../api/queries.ts';
import { rateSeconds } from '../api/samples.ts';
import { useSelect, useStore } from '../api/store.ts';
import { absent, bytes, count, duration, rate } from '../format/numbers.ts';
import { Button, Dot, ProblemNote } from '../parts/controls.tsx';
import type { TermName } from '../parts/glossary.ts';
import { LayerIcon, layerColor, layers } from '../parts/layers.tsx';
import { Section, SidePanel } from '../parts/SidePanel.tsx';
import { Sparkline } from '../parts/Sparkline.tsx';
import { Term } from '../parts/Term.tsx';
import { openSql, previewSql } from '../query/open.ts';
import { rateSeries, statusTone, statusWord } from './figures.ts';
import { useRate } from './use-rate.ts';
import styles from './platform.module.css';

interface Line {
  readonly label: ReactNode;
  readonly value: string;
}
const line = (label: ReactNode, value: string): Line[] => (value === absent ? [] : [{ label, value }]);
const term = (name: TermName, text?: string): ReactNode => <Term name={name}>{text ?? name}</Term>;

const stateLines = (status: NodeStatus, layer: FlowNode['layer'], perSecond: number | undefined): Line[] => [
  ...line(layer === 'topic' ? 'messages' : layer === 'source' ? 'events' : 'rows', count(status.rows)),
  ...line(
    term('throughput', `rate, mean of ${rateSeconds} s`),
    perSecond === undefined ? absent : `${rate(perSecond)} /s`,
  ),
  ...line(term('lag', 'lag, messages'), count(status.lagMessages)),
  ...line(term('lag', 'lag, time'), status.lagSeconds === undefined ? absent : duration(status.lagSeconds * 1000)),
  ...line('size', bytes(status.sizeBytes)),
  ...line(term('files'), count(status.files)),
  ...line(term('version'), count(status.version)),
  ...line(term('batch', 'batches'), count(status.batches)),
  ...line('last batch', duration(status.batchMs)),
];

const counterLines = (status: NodeStatus): Line[] => [
  ...line(term('duplicate', 'duplicates removed'), count(status.duplicates)),
  ...line(term('quarantine', 'quarantined'), count(status.quarantined)),
  ...line(term('dropped'), count(status.dropped)),
  ...line(term('late'), count(status.late)),
];

const Lines = ({ lines }: { lines: readonly Line[] }) => (
  <dl className={styles['lines']}>
    {lines.map(({ label, value }, index) => (
      // oxlint-disable-next-line react/no-array-index-key -- the lines have a fixed order
      <div key={index}>
        <dt>{label}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

const Neighbours = ({
  title,
  nodes,
  onPick,
  icon,
}: {
  title: string;
  nodes: readonly FlowNode[];
  onPick: (id: string) => void;
  icon: ReactNode;
}) =>
  nodes.length === 0 ? null : (
    <Section title={title}>
      <ul className={styles['neighbours']}>
        {nodes.map((node) => (
          <li key={node.id}>
            <button type="button" onClick={() => onPick(node.id)}>
              {icon}
              <LayerIcon layer={node.layer} kind={node.kind} size={12} />
              {node.name}
            </button>
          </li>
        ))}
      </ul>
    </Section>
  );

const Columns = ({ name }: { name: string }) => {
  const table = useCatalog().data?.find((each) => each.name === name);
  if (table === undefined) return null;
  const partitioned = table.partitionBy.length === 0 ? undefined : `partitioned by ${table.partitionBy.join(', ')}`;
  return (
    <Section title="Columns" aside={partitioned}>
      <ul className={styles['columns']}>
        {table.columns.map((column) => (
          <li key={column.name} title={column.comment}>
            <code>{column.name}</code>
            <span>{column.type.toLowerCase()}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
};

const History = ({ name, layer }: { name: string; layer: FlowNode['layer'] }) => {
  const samples = useStore(recent);
  const values = rateSeries(samples, name);
  if (values.every((value) => value === undefined)) return null;
  const span = Math.round(((samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0)) / 1000);
  return (
    <Section title={layer === 'topic' ? 'Messages a second' : 'Rows a second'} aside={`last ${duration(span * 1000)}`}>
      <Sparkline values={values} width={350} height={56} color={layerColor(layer)} />
    </Section>
  );
};

const isTable = (node: FlowNode): boolean => ['bronze', 'silver', 'gold', 'quarantine'].includes(node.layer);

const Actions = ({ node }: { node: FlowNode }) => {
  const [, go] = useLocation();
  const { data: catalog, isSuccess } = useCatalog();
  if (!isTable(node)) return null;
  const exists = !isSuccess || catalog.some((table) => table.name === node.name);
  const open = (): void => {
    openSql({ name: node.name, sql: previewSql(node.name), run: true });
    go('/query');
  };
  const label = node.layer === 'quarantine' ? 'See the rows' : 'Query it';
  return (
    <div className={styles['actions']}>
      <Button
        tone="primary"
        icon={node.layer === 'quarantine' ? IconTableFilled : IconTerminal2}
        onClick={open}
        disabled={!exists}
      >
        {label}
      </Button>
      {!exists && <span className={styles['muted']}>It appears with its first row.</span>}
    </div>
  );
};

interface DrawerProps {
  readonly node: FlowNode;
  readonly graph: FlowGraph;
  readonly onPick: (id: string) => void;
  readonly onClose: () => void;
}

export const NodeDrawer = ({ node, graph, onPick, onClose }: DrawerProps) => {
  const status = useSelect(platform, (state) => state?.nodes[node.id]);
  const at = (ids: readonly string[]): FlowNode[] => graph.nodes.filter((each) => ids.includes(each.id));
  const before = at(graph.edges.flatMap(({ from, to }) => (to === node.id ? from : [])));
  const after = at(graph.edges.flatMap(({ from, to }) => (from === node.id ? to : [])));
  const perSecond = useRate([node]);
  const flowing = (perSecond ?? 0) > 0;
  const counters = status === undefined ? [] : counterLines(status);
  return (
    <SidePanel
      label={`Detail of ${node.name}`}
      onClose={onClose}
      title={
        <span className={styles['drawer-title']}>
          <LayerIcon layer={node.layer} kind={node.kind} size={16} /> {node.name}
        </span>
      }
    >
      <Section title={`${layers[node.layer].word} · ${node.kind}`}>
        <p className={styles['state-line']}>
          <Dot tone={statusTone(status, flowing)} ring={!flowing} /> {statusWord(status, flowing)}
        </p>
        {node.comment !== undefined && <p className={styles['comment']}>{node.comment}</p>}
        {status?.problem !== undefined && <ProblemNote problem={status.problem} />}
        <Actions node={node} />
      </Section>
      {status !== undefined && (
        <Section title="Now">
          <Lines lines={stateLines(status, node.layer, perSecond)} />
        </Section>
      )}
      {counters.length > 0 && (
        <Section title="What became of its rows" aside="since the workspace began">
          <Lines lines={counters} />
        </Section>
      )}
      <History name={node.name} layer={node.layer} />
      <Neighbours title="Reads from" nodes={before} onPick={onPick} icon={<IconArrowLeft size={12} aria-hidden />} />
      <Neighbours title="Read by" nodes={after} onPick={onPick} icon={<IconArrowRight size={12} aria-hidden />} />
      {isTable(node) && <Columns name={node.name} />}
    </SidePanel>
  );
};
