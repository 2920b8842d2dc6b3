/** Platform: the flow of the data, live, with the figures of every hop. The URL holds the picked hop and the open panel. */
import { IconPlayerPlayFilled } from '@tabler/icons-react';
import { useCallback } from 'react';
import { useSearchParams } from 'wouter';
import type { PlatformState, Problem } from '../../engine/contract/index.ts';
import { graph as graphStore, platform } from '../api/live.ts';
import { useSelect, useStore } from '../api/store.ts';
import { Button, Empty, ProblemNote } from '../parts/controls.tsx';
import { audit, startWorld } from '../shell/actions.ts';
import { AuditPanel } from './AuditPanel.tsx';
import { Figures } from './Figures.tsx';
import { FlowDiagram } from './FlowDiagram.tsx';
import { NodeDrawer } from './NodeDrawer.tsx';
import { ProcessStrip } from './ProcessStrip.tsx';
import styles from './platform.module.css';

const problemsShown = 2;

const Problems = ({ problems }: { problems: readonly Problem[] }) =>
  problems.length === 0 ? null : (
    <div className={styles['problems']}>
      {problems.slice(0, problemsShown).map((problem) => (
        <ProblemNote key={`${problem.code} ${problem.message}`} problem={problem} />
      ))}
      {problems.length > problemsShown && <p className={styles['muted']}>and {problems.length - problemsShown} more</p>}
    </div>
  );

const Starting = ({ state }: { state: PlatformState | null }) => (
  <Empty title={state === null ? 'Waiting for the engine' : 'The platform is starting'}>
    Here the flow of the data appears: sources, Kafka’s topics, and the bronze, silver and gold tables, each with its
    rows, rate and lag.
    {state !== null && ' The processes below come up one after the other; it takes a few seconds.'}
  </Empty>
);

/** Floats below the diagram: when the city stops and starts, nothing else may move. */
const NotRunning = () => (
  <div className={styles['hint']} role="status">
    The city is not running, so nothing new flows.
    <Button icon={IconPlayerPlayFilled} onClick={() => void startWorld()}>
      Start the city
    </Button>
  </div>
);

/** Everything that is wrong, the world's own failure included. */
const problemsOf = ({ problems, world }: PlatformState): readonly Problem[] =>
  world?.problem === undefined ? problems : [...problems, world.problem];

const PlatformPage = () => {
  const state = useStore(platform);
  const graph = useStore(graphStore);
  const [search, setSearch] = useSearchParams();
  const picked = search.get('node');
  const node = graph?.nodes.find((each) => each.id === picked);
  const pick = useCallback((id: string | null) => setSearch(id === null ? {} : { node: id }), [setSearch]);
  const close = useCallback(() => pick(null), [pick]);
  const auditing = useSelect(audit, ({ running }) => running);
  const ready = graph !== null && graph.nodes.length > 0;
  return (
    <div className={styles['page']}>
      <h1 className={styles['hidden']}>Platform</h1>
      {state !== null && <Figures state={state} graph={graph} />}
      <div className={styles['stage']}>
        <div className={styles['canvas']}>
          {state !== null && <Problems problems={problemsOf(state)} />}
          {ready ? <FlowDiagram graph={graph} selected={picked} onPick={pick} /> : <Starting state={state} />}
          {ready && !auditing && state?.world !== null && state?.world?.phase !== 'running' && <NotRunning />}
        </div>
        {search.get('panel') === 'audit' && <AuditPanel onClose={close} />}
        {node !== undefined && graph !== null && (
          <NodeDrawer key={node.id} node={node} graph={graph} onPick={pick} onClose={close} />
        )}
      </div>
      <ProcessStrip />
    </div>
  );
};

export default PlatformPage;
