/** The catalog: layers, tables, columns. A click opens, a double click previews, the arrows walk, Enter writes the name. */
import { IconChevronRight, IconPlayerPlay, IconReportAnalytics, IconSearch } from '@tabler/icons-react';
import { useElementSize, useMergedRef } from '@mantine/hooks';
import { useRef, useState, type KeyboardEvent } from 'react';
import { useCatalog } from '../api/queries.ts';
import { problemOf } from '../api/problem.ts';
import { compact } from '../format/numbers.ts';
import { Empty, IconButton, ProblemNote } from '../parts/controls.tsx';
import { LayerIcon, layerColor } from '../parts/layers.tsx';
import { typeLabel } from './cells.ts';
import { rowHeightPx, rowWindow, scrollTopFor } from './grid-window.ts';
import { identifier, tableName } from './open.ts';
import { moveInTree, schemaLayer, treeRows, type TreeRow } from './tree.ts';
import styles from './sidebar.module.css';

export interface TreeActions {
  readonly onInsert: (text: string) => void;
  readonly onPreview: (table: string) => void;
  readonly onSummary: (table: string, column: string, type: string) => void;
}

const RowBody = ({ row, actions }: { row: TreeRow; actions: TreeActions }) => {
  if (row.kind === 'schema')
    return (
      <>
        <IconChevronRight className={styles['chevron']} data-open={row.open} size={12} aria-hidden />
        <span className={styles['schema']} style={{ color: layerColor(schemaLayer(row.name)) }}>
          {row.name}
        </span>
        <span className={styles['count']}>{row.tables}</span>
      </>
    );
  if (row.kind === 'table')
    return (
      <>
        <IconChevronRight className={styles['chevron']} data-open={row.open} size={12} aria-hidden />
        <LayerIcon layer={row.table.layer} size={13} />
        <span className={styles['name']}>{row.table.table}</span>
        <span className={styles['count']}>{compact(row.table.rows, 1_000_000)}</span>
        <span className={styles['hover']}>
          <IconButton
            small
            tabIndex={-1}
            icon={IconPlayerPlay}
            label={`Preview ${row.table.name}`}
            onClick={(event) => {
              event.stopPropagation();
              actions.onPreview(row.table.name);
            }}
          />
        </span>
      </>
    );
  return (
    <>
      <span className={styles['name']}>{row.column.name}</span>
      <span className={styles['type']}>{typeLabel(row.column.type)}</span>
      <span className={styles['hover']}>
        <IconButton
          small
          tabIndex={-1}
          icon={IconReportAnalytics}
          label={`Summary of ${row.column.name}`}
          onClick={(event) => {
            event.stopPropagation();
            actions.onSummary(row.table.name, row.column.name, row.column.type);
          }}
        />
      </span>
    </>
  );
};

const textOf = (row: TreeRow): string => {
  if (row.kind === 'schema') return `${row.name}.`;
  return row.kind === 'table' ? tableName(row.table.name) : identifier(row.column.name);
};
const titleOf = (row: TreeRow): string | undefined => {
  if (row.kind === 'table') return row.table.comment;
  return row.kind === 'column' ? [row.column.type, row.column.comment].filter(Boolean).join('\n') : undefined;
};
const levels = { schema: 1, table: 2, column: 3 } as const;

export const CatalogTree = (actions: TreeActions) => {
  const { data, error } = useCatalog();
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const [filter, setFilter] = useState('');
  const [focused, setFocused] = useState('');
  const scroller = useRef<HTMLDivElement>(null);
  const { ref: sizeRef, height } = useElementSize<HTMLDivElement>();
  const ref = useMergedRef(scroller, sizeRef);
  const rows = treeRows(data ?? [], toggled, filter);
  const [scrollTop, setScrollTop] = useState(0);
  const inView = rowWindow(rows.length, scrollTop, height);
  const toggle = (id: string): void =>
    setToggled((before) => new Set(before.has(id) ? [...before].filter((each) => each !== id) : [...before, id]));

  const activate = (row: TreeRow): void => {
    setFocused(row.id);
    if (row.kind === 'column') actions.onInsert(textOf(row));
    else toggle(row.id);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const row = rows.find((each) => each.id === focused);
    if (event.key === 'Enter' && row !== undefined) {
      if (row.kind === 'table' && (event.ctrlKey || event.metaKey)) actions.onPreview(row.table.name);
      else actions.onInsert(textOf(row));
      return;
    }
    const move = moveInTree(rows, focused, event.key);
    if (move === null) return;
    event.preventDefault();
    if (move.kind === 'toggle') return toggle(move.id);
    setFocused(move.id);
    const index = rows.findIndex((each) => each.id === move.id);
    if (scroller.current !== null) scroller.current.scrollTop = scrollTopFor(index, rows.length, scrollTop, height);
  };
  return (
    <div className={styles['catalog']}>
      <label className={styles['filter']}>
        <IconSearch size={14} aria-hidden />
        <input
          type="search"
          placeholder="Filter tables and columns"
          aria-label="Filter tables and columns"
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
      </label>
      {error !== null && <ProblemNote problem={problemOf(error)} />}
      {data?.length === 0 && (
        <Empty title="No tables yet">
          Bronze, silver and gold tables appear here with their first row, a few seconds after the start.
        </Empty>
      )}
      {rows.length === 0 && filter !== '' && <p className={styles['nothing']}>Nothing is named so.</p>}
      <div
        ref={ref}
        onScroll={(event) => setScrollTop(event.currentTarget.scrollTop)}
        className={styles['tree']}
        role="tree"
        aria-label="Catalog"
        tabIndex={0}
        aria-activedescendant={focused === '' ? undefined : `tree ${focused}`}
        onKeyDown={onKeyDown}
      >
        <div style={{ height: inView.height, position: 'relative' }}>
          {rows.slice(inView.first, inView.last + 1).map((row, offset) => {
            const start = (inView.first + offset) * rowHeightPx;
            return (
              // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the tree itself listens to the keys
              <div
                key={row.id}
                id={`tree ${row.id}`}
                role="treeitem"
                aria-level={levels[row.kind]}
                aria-selected={row.id === focused}
                aria-expanded={row.kind === 'column' ? undefined : row.open}
                title={titleOf(row)}
                className={styles['row']}
                data-kind={row.kind}
                style={{ transform: `translateY(${start}px)` }}
                onClick={() => activate(row)}
                onDoubleClick={() => {
                  if (row.kind === 'table') actions.onPreview(row.table.name);
                }}
              >
                <RowBody row={row} actions={actions} />
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
};
