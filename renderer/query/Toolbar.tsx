/** Run, cancel, save: what is done to the text in the editor. */
import { Popover } from '@mantine/core';
import { IconBookmark, IconPlayerPlayFilled, IconPlayerStopFilled } from '@tabler/icons-react';
import { useEffect, useState, type FormEvent } from 'react';
import { api } from '../api/client.ts';
import { queryClient } from '../api/queries.ts';
import { elapsed } from '../format/numbers.ts';
import { Button, Keys } from '../parts/controls.tsx';
import { attempt } from '../shell/actions.ts';
import type { TabRun } from './runs.ts';
import type { Tab } from './tabs.ts';
import styles from './query.module.css';

interface ToolbarProps {
  readonly tab: Tab;
  readonly run: TabRun | undefined;
  readonly onRun: () => void;
  readonly onRunAll: () => void;
  readonly onCancel: () => void;
}

const tickMs = 100;

/** Ticks ten times a second while something runs. */
const Elapsed = ({ sinceMs }: { sinceMs: number }) => {
  const [now, setNow] = useState(sinceMs);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), tickMs);
    return () => clearInterval(timer);
  }, []);
  return <span className={styles['elapsed']}>{elapsed(now - sinceMs)}</span>;
};

const Save = ({ tab }: { tab: Tab }) => {
  const [opened, setOpened] = useState(false);
  const onSubmit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get('name'));
    const saved = await attempt('The query was not saved', () => api.query.save.mutate({ name, sql: tab.sql }));
    if (!saved) return;
    setOpened(false);
    await queryClient.invalidateQueries({ queryKey: ['saved'] });
  };
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" trapFocus>
      <Popover.Target>
        <Button
          tone="quiet"
          icon={IconBookmark}
          disabled={tab.sql.trim() === ''}
          aria-expanded={opened}
          onClick={() => setOpened(!opened)}
        >
          Save
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form className={styles['save']} onSubmit={(event) => void onSubmit(event)}>
          <input
            name="name"
            aria-label="Name of the query"
            defaultValue={tab.name}
            required
            maxLength={120}
            data-autofocus
          />
          <button type="submit">Save</button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
};

export const Toolbar = ({ tab, run, onRun, onRunAll, onCancel }: ToolbarProps) => {
  const busy = run?.busy === true;
  return (
    <div className={styles['toolbar']} role="toolbar" aria-label="Query">
      {busy ? (
        <Button tone="fault" icon={IconPlayerStopFilled} onClick={onCancel}>
          Cancel
        </Button>
      ) : (
        <Button
          tone="primary"
          icon={IconPlayerPlayFilled}
          onClick={onRun}
          title="Runs the selection, or the statement at the cursor"
        >
          Run
        </Button>
      )}
      <Button tone="quiet" onClick={onRunAll} disabled={busy}>
        Run all
      </Button>
      <Save tab={tab} />
      {busy && <Elapsed key={run.startedAtMs} sinceMs={run.startedAtMs} />}
      <span className={styles['toolbar-keys']}>
        <Keys keys={busy ? 'Esc' : 'mod+Enter'} /> {busy ? 'cancels' : 'runs the statement at the cursor'}
      </span>
    </div>
  );
};
