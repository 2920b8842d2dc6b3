/** The top strip: whose data this is, the city and its clock, how fresh gold is, and how every process does. */
import { Menu, Tooltip } from '@mantine/core';
import {
  IconCheck,
  IconChevronDown,
  IconFolder,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
} from '@tabler/icons-react';
import { Link } from 'wouter';
import type { PlatformState, ProcessState, WorldState } from '../../engine/contract/index.ts';
import { platform } from '../api/live.ts';
import { useStore } from '../api/store.ts';
import { bytes, compact, duration, percent } from '../format/numbers.ts';
import { cityClock } from '../format/time.ts';
import { Dot, IconButton, type Tone } from '../parts/controls.tsx';
import { Term } from '../parts/Term.tsx';
import { pauseWorld, rateName, rates, setRate, startWorld } from './actions.ts';
import styles from './shell.module.css';

export const processTone = ({ phase }: ProcessState): Tone =>
  phase === 'running' ? 'ok' : phase === 'failed' ? 'fault' : phase === 'stopped' ? 'idle' : 'warn';

const folderName = (path: string): string => path.split(/[\\/]/).findLast((part) => part !== '') ?? path;
/** `.tiffin` says nothing by itself; the folder that holds it does. */
const workspaceName = (path: string): string => {
  const name = folderName(path);
  const parent = folderName(path.slice(0, path.length - name.length));
  return name === '.tiffin' && parent !== '' ? `${parent}/${name}` : name;
};

const RatePicker = ({ world }: { world: WorldState }) => (
  <Menu position="bottom-start" width={140}>
    <Menu.Target>
      <button
        type="button"
        className={styles['rate']}
        aria-label={`Rate of the city: ${rateName(world.ratePerSecond)}. Change it`}
      >
        {rateName(world.ratePerSecond)}
        <IconChevronDown size={12} aria-hidden />
      </button>
    </Menu.Target>
    <Menu.Dropdown>
      <Menu.Label>Events a second</Menu.Label>
      {rates.map((rate) => (
        <Menu.Item
          key={String(rate)}
          onClick={() => void setRate(rate)}
          rightSection={rate === world.ratePerSecond ? <IconCheck size={12} /> : null}
        >
          {rateName(rate)}
        </Menu.Item>
      ))}
    </Menu.Dropdown>
  </Menu>
);

const World = ({ world }: { world: WorldState }) => {
  const running = world.phase === 'running';
  return (
    <div className={styles['group']} aria-label="City">
      <IconButton
        label={running ? 'Pause the city' : 'Start the city'}
        icon={running ? IconPlayerPauseFilled : IconPlayerPlayFilled}
        onClick={() => void (running ? pauseWorld() : startWorld())}
      />
      <RatePicker world={world} />
      <Tooltip label="The city's own clock (UTC): the event time of its newest event">
        <span className={styles['city-clock']}>
          {world.virtualTimeMs === null ? '–' : cityClock(world.virtualTimeMs)}
        </span>
      </Tooltip>
      <span className={styles['generated']}>
        {compact(world.generated)} <Term name="city">events</Term>
        <span className={styles['seed']}>seed {world.seed}</span>
      </span>
    </div>
  );
};

const Processes = ({ processes }: { processes: readonly ProcessState[] }) => (
  <div className={styles['group']} aria-label="Processes" role="group">
    {processes.map((process) => (
      <Tooltip
        key={process.name}
        label={`${process.name}: ${process.phase}, ${percent(process.cpuPercent)} of a core, ${bytes(process.rssBytes)}`}
      >
        <span className={styles['process']}>
          <Dot
            tone={processTone(process)}
            ring={process.phase !== 'running'}
            label={`${process.name}: ${process.phase}`}
          />
        </span>
      </Tooltip>
    ))}
  </div>
);

const Freshness = ({ state }: { state: PlatformState }) => (
  <Link href="/metrics" className={styles['fresh'] ?? ''}>
    <span className={styles['label']}>
      <Term name="freshness">freshness</Term> p99
    </span>
    <span className={styles['fresh-value']}>{duration(state.freshnessMs?.p99)}</span>
  </Link>
);

export const TopStrip = () => {
  const state = useStore(platform);
  if (state === null) return <header className={styles['strip']} aria-busy="true" />;
  return (
    <header className={styles['strip']}>
      <Tooltip label={state.workspace}>
        <span className={styles['workspace']}>
          <IconFolder size={14} stroke={1.75} aria-hidden /> {workspaceName(state.workspace)}
        </span>
      </Tooltip>
      <span className={styles['rule']} />
      {state.world !== null && <World world={state.world} />}
      <span className={styles['rail-space']} />
      <Freshness state={state} />
      <span className={styles['rule']} />
      <Processes processes={state.processes} />
    </header>
  );
};
