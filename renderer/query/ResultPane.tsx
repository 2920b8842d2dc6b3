/** Below the editor: what came of the run, whatever it was. */
import { Menu, SegmentedControl } from '@mantine/core';
import { IconChevronDown, IconDownload } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import type { ExportInput, QueryState } from '../../engine/contract/index.ts';
import { api } from '../api/client.ts';
import { bytes, count, duration, plural } from '../format/numbers.ts';
import { Button, Empty, Keys, ProblemNote } from '../parts/controls.tsx';
import { attempt } from '../shell/actions.ts';
import type { CellPlace } from './cells.ts';
import { createPageCache, type PageCache } from './page-cache.ts';
import { ResultChart } from './ResultChart.tsx';
import { ResultGrid } from './ResultGrid.tsx';
import { showRun, type TabRun } from './runs.ts';
import styles from './query.module.css';

export type ResultView = 'table' | 'chart';

interface ResultPaneProps {
  readonly tabId: string;
  readonly run: TabRun | undefined;
  readonly view: ResultView;
  readonly onView: (view: ResultView) => void;
  readonly onCell: (state: QueryState, cache: PageCache, place: CellPlace) => void;
  readonly onColumn: (state: QueryState, index: number) => void;
  readonly pickedColumn: number | null;
}

const formats: readonly { readonly format: ExportInput['format']; readonly label: string }[] = [
  { format: 'csv', label: 'CSV' },
  { format: 'json', label: 'JSON' },
  { format: 'parquet', label: 'Parquet' },
];

/** The engine writes the file; the browser fetches it from there like any download. */
const download = async (queryId: string, format: ExportInput['format']): Promise<string> => {
  const { url, fileName, sizeBytes } = await api.query.export.mutate({ queryId, format });
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  return `${fileName}, ${bytes(sizeBytes)}`;
};

const Export = ({ queryId }: { queryId: string }) => {
  const [note, setNote] = useState('');
  const run = (format: ExportInput['format']): void => {
    setNote('writing…');
    void attempt('The export failed', async () => setNote(await download(queryId, format))).then((worked) => {
      if (!worked) setNote('');
      return worked;
    });
  };
  return (
    <>
      <span className={styles['export-note']} role="status">
        {note}
      </span>
      <Menu position="bottom-end" width={120}>
        <Menu.Target>
          <Button tone="quiet" icon={IconDownload}>
            Export <IconChevronDown size={12} aria-hidden />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {formats.map(({ format, label }) => (
            <Menu.Item key={format} onClick={() => run(format)}>
              {label}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </>
  );
};

const Figures = ({ state }: { state: QueryState }) => (
  <span className={styles['figures']} role="status">
    {plural(state.rows, 'row')} × {plural(state.columns.length, 'column')} · {duration(state.elapsedMs)}
    {state.truncated && <strong> · cut at {count(state.rows)} rows; add a LIMIT or a filter</strong>}
  </span>
);

/** One button per statement, when several were run. */
const Statements = ({ tabId, run }: { tabId: string; run: TabRun }) =>
  run.total < 2 ? null : (
    <div className={styles['statements']} role="group" aria-label="Results of the statements">
      {run.runs.map(({ state, statement }, index) => (
        <button
          key={state.queryId}
          type="button"
          aria-pressed={index === run.shown}
          data-phase={state.phase}
          title={statement.text}
          onClick={() => showRun(tabId, index)}
        >
          {index + 1}
        </button>
      ))}
    </div>
  );

const Progress = ({ state }: { state: QueryState | undefined }) => {
  const percent = state?.progressPercent;
  const known = percent !== undefined && percent > 0;
  return (
    <div className={styles['running']}>
      <div
        className={styles['progress']}
        role="progressbar"
        aria-label="Progress of the query"
        data-known={known}
        {...(known ? { 'aria-valuenow': Math.round(percent) } : {})}
      >
        <span style={known ? { width: `${percent}%` } : {}} />
      </div>
      <p>
        {state === undefined || state.phase === 'queued'
          ? 'Waiting for its turn'
          : known
            ? `Running, ${Math.round(percent)} %`
            : 'Running'}{' '}
        · <Keys keys="Esc" /> cancels
      </p>
    </div>
  );
};

const usePages = (state: QueryState | undefined): PageCache | null => {
  const queryId = state?.phase === 'done' ? state.queryId : null;
  const rows = state?.rows ?? 0;
  return useMemo(() => {
    if (queryId === null) return null;
    const fetch = async (offset: number, limit: number) =>
      (await api.query.page.query({ queryId, offset, limit })).rows;
    return createPageCache({ rows, rowsPerPage: 200, pagesMax: 60, fetch });
  }, [queryId, rows]);
};

export const ResultPane = ({ tabId, run, view, onView, onCell, onColumn, pickedColumn }: ResultPaneProps) => {
  const shown = run?.runs[run.shown];
  const state = shown?.state;
  const cache = usePages(state);
  const done = state?.phase === 'done' && cache !== null;
  return (
    <section className={styles['result']} aria-label="Result">
      {run !== undefined && (
        <div className={styles['result-bar']}>
          <Statements tabId={tabId} run={run} />
          {done && (
            <>
              <SegmentedControl
                size="xs"
                aria-label="Show the result as"
                data={[
                  { value: 'table', label: 'Table' },
                  { value: 'chart', label: 'Chart' },
                ]}
                value={view}
                onChange={(value) => onView(value as ResultView)}
              />
              <Figures state={state} />
              <span className={styles['grow']} />
              <Export key={state.queryId} queryId={state.queryId} />
            </>
          )}
          {state?.phase === 'cancelled' && (
            <span className={styles['figures']}>Cancelled after {duration(state.elapsedMs)}</span>
          )}
          {state?.phase === 'failed' && (
            <span className={styles['figures']}>Failed after {duration(state.elapsedMs)}</span>
          )}
        </div>
      )}
      <div className={styles['result-body']}>
        {run === undefined && (
          <Empty title="Nothing was run in this tab yet">
            The result appears here. <Keys keys="mod+Enter" /> runs the statement at the cursor.
          </Empty>
        )}
        {run?.problem !== undefined && <ProblemNote problem={run.problem} />}
        {state?.problem !== undefined && <ProblemNote problem={state.problem} action={placeOf(state.problem)} />}
        {run?.busy === true && !done && run.problem === undefined && state?.phase !== 'failed' && (
          <Progress state={state} />
        )}
        {state?.phase === 'cancelled' && (
          <Empty title="Cancelled">No rows were kept. Nothing in the tables was touched.</Empty>
        )}
        {done && view === 'chart' && <ResultChart key={state.queryId} state={state} />}
        {done && view === 'table' && (
          <ResultGrid
            key={state.queryId}
            state={state}
            cache={cache}
            onCell={(place) => onCell(state, cache, place)}
            onColumn={(index) => onColumn(state, index)}
            pickedColumn={pickedColumn}
          />
        )}
      </div>
    </section>
  );
};

const placeOf = ({ line, column }: NonNullable<QueryState['problem']>) =>
  line === undefined ? null : (
    <span className={styles['place']}>
      line {line}
      {column === undefined ? '' : `, column ${column}`}
    </span>
  );
