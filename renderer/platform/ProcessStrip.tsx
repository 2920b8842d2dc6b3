/** Every process with its state and what it costs, and a way to kill it: that it holds is to be tried, not believed. */
import { IconSkull } from '@tabler/icons-react';
import { memo } from 'react';
import type { ProcessState, Sample } from '../../engine/contract/index.ts';
import { platform, recent } from '../api/live.ts';
import { useSelect, useStore } from '../api/store.ts';
import { bytes, percent, plural } from '../format/numbers.ts';
import { Dot, IconButton } from '../parts/controls.tsx';
import { Sparkline } from '../parts/Sparkline.tsx';
import { Term } from '../parts/Term.tsx';
import { isKillable, killAsked } from '../shell/actions.ts';
import { processTone } from '../shell/TopStrip.tsx';
import styles from './platform.module.css';

const none: readonly ProcessState[] = [];

const Kill = ({ name }: { name: ProcessState['name'] }) =>
  isKillable(name) ? (
    <IconButton small icon={IconSkull} label={`Kill ${name} (SIGKILL)`} onClick={() => killAsked.set(name)} />
  ) : null;

const Process = memo(({ process, samples }: { process: ProcessState; samples: readonly Sample[] }) => (
  <li className={styles['process']} aria-label={`${process.name}, ${process.phase}`}>
    <div className={styles['process-head']}>
      <Dot tone={processTone(process)} ring={process.phase !== 'running'} />
      <span className={styles['process-name']}>{process.name}</span>
      <span className={styles['process-phase']} data-phase={process.phase}>
        {process.phase}
      </span>
      {process.restarts > 0 && (
        <span
          className={styles['restarts']}
          role="img"
          aria-label={plural(process.restarts, 'restart')}
          title={plural(process.restarts, 'restart')}
        >
          ×{process.restarts}
        </span>
      )}
      <span className={styles['grow']} />
      <Kill name={process.name} />
    </div>
    <div className={styles['process-figures']}>
      <span title="per cent of one core">{percent(process.cpuPercent)}</span>
      <Sparkline
        values={samples.map((sample) => sample.processes[process.name]?.cpuPercent)}
        width={36}
        height={14}
        color="var(--text-3)"
      />
      <span>
        <Term name="rss">{bytes(process.rssBytes)}</Term>
      </span>
      <span className={styles['pid']}>pid {process.pid ?? '–'}</span>
    </div>
  </li>
));

export const ProcessStrip = () => {
  const processes = useSelect(platform, (state) => state?.processes ?? none);
  const samples = useStore(recent).slice(-60);
  return (
    <ul className={styles['processes']} aria-label="Processes">
      {processes.map((process) => (
        <Process key={process.name} process={process} samples={samples} />
      ))}
    </ul>
  );
};
