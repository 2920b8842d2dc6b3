/** Beside the editor: the catalog, saved queries, and the history of what was run. */
import { IconBookmark, IconHistory, IconTable, IconTrash, type Icon } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import type { HistoryEntry } from '../../engine/contract/index.ts';
import { api } from '../api/client.ts';
import { problemOf } from '../api/problem.ts';
import { queryClient, useHistory, useSaved } from '../api/queries.ts';
import { duration, plural } from '../format/numbers.ts';
import { moment } from '../format/time.ts';
import { Empty, IconButton, ProblemNote } from '../parts/controls.tsx';
import { tell } from '../shell/actions.ts';
import { CatalogTree, type TreeActions } from './CatalogTree.tsx';
import { isSummary } from './summary.ts';
import styles from './sidebar.module.css';

export type SideView = 'catalog' | 'saved' | 'history';
const views: readonly { readonly id: SideView; readonly label: string; readonly icon: Icon }[] = [
  { id: 'catalog', label: 'Catalog', icon: IconTable },
  { id: 'saved', label: 'Saved', icon: IconBookmark },
  { id: 'history', label: 'History', icon: IconHistory },
];
export const isSideView = (text: string | null): text is SideView => views.some((view) => view.id === text);

interface SidebarProps extends TreeActions {
  readonly view: SideView;
  readonly onView: (view: SideView) => void;
  readonly onOpen: (sql: string, name: string) => void;
}

const firstLine = (sql: string): string => sql.replaceAll(/\s+/g, ' ').trim();

const Saved = ({ onOpen }: Pick<SidebarProps, 'onOpen'>) => {
  const { data, error } = useSaved();
  const remove = useMutation({
    mutationFn: (name: string) => api.query.remove.mutate({ name }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['saved'] }),
    onError: (failure) => tell('The query was not removed', failure),
  });
  if (error !== null) return <ProblemNote problem={problemOf(error)} />;
  if (data?.length === 0)
    return <Empty title="No saved queries">“Save” above the editor keeps a query here under a name.</Empty>;
  return (
    <ul className={styles['list']} aria-label="Saved queries">
      {data?.map(({ name, sql }) => (
        <li key={name}>
          <button type="button" onClick={() => onOpen(sql, name)}>
            <span className={styles['entry']}>{name}</span>
            <code>{firstLine(sql)}</code>
          </button>
          <IconButton small icon={IconTrash} label={`Remove ${name}`} onClick={() => remove.mutate(name)} />
        </li>
      ))}
    </ul>
  );
};

const outcome = ({ phase, rows, error }: HistoryEntry): string =>
  phase === 'done' ? plural(rows, 'row') : (error ?? phase);

const History = ({ onOpen }: Pick<SidebarProps, 'onOpen'>) => {
  const { data, error } = useHistory(true);
  const entries = data?.filter((entry) => !isSummary(entry.sql));
  if (error !== null) return <ProblemNote problem={problemOf(error)} />;
  if (entries?.length === 0)
    return <Empty title="Nothing was run yet">Every query that you run is kept here with its time and outcome.</Empty>;
  return (
    <ul className={styles['list']} aria-label="History">
      {entries?.map((entry) => (
        <li key={entry.queryId}>
          <button type="button" title={entry.sql} onClick={() => onOpen(entry.sql, 'From history')}>
            <code className={styles['entry-sql']}>{firstLine(entry.sql)}</code>
            <span className={styles['outcome']} data-phase={entry.phase}>
              {moment(entry.startedAtMs).slice(5)} · {outcome(entry)} · {duration(entry.elapsedMs)}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
};

export const Sidebar = ({ view, onView, onOpen, ...tree }: SidebarProps) => (
  <div className={styles['sidebar']}>
    <div className={styles['views']} role="tablist" aria-label="Beside the editor">
      {views.map(({ id, label, icon: Shape }) => (
        <button key={id} type="button" role="tab" aria-selected={view === id} onClick={() => onView(id)}>
          <Shape size={14} stroke={1.75} aria-hidden /> {label}
        </button>
      ))}
    </div>
    {view === 'catalog' && <CatalogTree {...tree} />}
    {view === 'saved' && <Saved onOpen={onOpen} />}
    {view === 'history' && <History onOpen={onOpen} />}
  </div>
);
