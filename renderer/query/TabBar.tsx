/** The editor's tabs: a double click renames, the middle button closes, the plus opens. */
import { IconPlus, IconX } from '@tabler/icons-react';
import { useState, type KeyboardEvent } from 'react';
import { useSelect, useStore } from '../api/store.ts';
import { Dot, IconButton } from '../parts/controls.tsx';
import { runStore, type TabRun } from './runs.ts';
import { cycleTab, openTab, renameTab, showTab, shutTab, tabStore } from './tab-store.ts';
import type { Tab } from './tabs.ts';
import styles from './query.module.css';

const RunMark = ({ run }: { run: TabRun | undefined }) => {
  if (run === undefined) return null;
  if (run.busy) return <Dot tone="warn" ring label="running" />;
  const failed = run.problem !== undefined || run.runs.at(-1)?.state.phase === 'failed';
  return failed ? <Dot tone="fault" label="failed" /> : null;
};

const Rename = ({ tab, onDone }: { tab: Tab; onDone: () => void }) => {
  const finish = (name: string): void => {
    if (name.trim() !== '') renameTab(tab.id, name.trim());
    onDone();
  };
  return (
    <input
      className={styles['rename']}
      aria-label="Name of the tab"
      defaultValue={tab.name}
      ref={(input) => input?.select()}
      onBlur={(event) => finish(event.currentTarget.value)}
      onKeyDown={(event: KeyboardEvent<HTMLInputElement>) => {
        if (event.key === 'Enter') finish(event.currentTarget.value);
        else if (event.key === 'Escape') onDone();
      }}
    />
  );
};

const TabItem = ({ tab, active }: { tab: Tab; active: boolean }) => {
  const [renaming, setRenaming] = useState(false);
  const run = useSelect(runStore, (all) => all[tab.id]);
  return (
    <div
      className={styles['tab']}
      data-active={active}
      onAuxClick={(event) => {
        if (event.button === 1) shutTab(tab.id);
      }}
    >
      {renaming ? (
        <Rename tab={tab} onDone={() => setRenaming(false)} />
      ) : (
        <button
          type="button"
          role="tab"
          aria-selected={active}
          tabIndex={active ? 0 : -1}
          title="Double click to rename"
          onClick={() => showTab(tab.id)}
          onDoubleClick={() => setRenaming(true)}
        >
          <RunMark run={run} /> {tab.name}
        </button>
      )}
      <button
        type="button"
        className={styles['tab-close']}
        aria-label={`Close ${tab.name}`}
        onClick={() => shutTab(tab.id)}
      >
        <IconX size={12} aria-hidden />
      </button>
    </div>
  );
};

export const TabBar = () => {
  const { tabs, active } = useStore(tabStore);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target instanceof HTMLInputElement) return;
    if (event.key === 'ArrowRight') cycleTab(1);
    else if (event.key === 'ArrowLeft') cycleTab(-1);
  };
  return (
    <div className={styles['tabs']} role="tablist" aria-label="Queries" onKeyDown={onKeyDown}>
      {tabs.map((tab) => (
        <TabItem key={tab.id} tab={tab} active={tab.id === active} />
      ))}
      <IconButton icon={IconPlus} label="New query" onClick={() => openTab()} />
    </div>
  );
};
