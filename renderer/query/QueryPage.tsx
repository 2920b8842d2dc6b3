/** Query: catalog, editor, result. The URL holds the open tab and what is beside it; the texts live in this browser. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { useSearchParams } from 'wouter';
import type { Cell, QueryColumn, QueryState } from '../../engine/contract/index.ts';
import { useSelect, useStore } from '../api/store.ts';
import { Split } from '../parts/Split.tsx';
import { tell } from '../shell/actions.ts';
import type { CellPlace } from './cells.ts';
import { CellDetail, ColumnSummary } from './Detail.tsx';
import { Editor, type EditorHandle } from './Editor.tsx';
import { openOrder, previewSql, quoted, tableName } from './open.ts';
import type { PageCache } from './page-cache.ts';
import { ResultPane, type ResultView } from './ResultPane.tsx';
import { cancelRun, runStatements, runStore, type TabRun } from './runs.ts';
import { isSideView, Sidebar } from './Sidebar.tsx';
import { splitStatements, type Statement } from './statements.ts';
import { activeTab, openSqlInTab, showTab, tabStore } from './tab-store.ts';
import { TabBar } from './TabBar.tsx';
import { Toolbar } from './Toolbar.tsx';
import styles from './query.module.css';

type Detail =
  | { readonly kind: 'cell'; readonly column: QueryColumn; readonly row: number; readonly value: Cell | undefined }
  | {
      readonly kind: 'summary';
      readonly from: string;
      readonly of: string;
      readonly column: QueryColumn;
      readonly index: number;
    };

/** Another page may have left something to open. */
const useOpenOrders = (): void => {
  const order = useStore(openOrder);
  useEffect(() => {
    if (order === null) return;
    openOrder.set(null);
    openSqlInTab(order.sql, order.name);
    if (order.run === true) void runStatements(tabStore.get().active, splitStatements(order.sql));
  }, [order]);
};

/** The tab in the URL is opened once; from then on the URL follows the tabs. */
const useTabInUrl = (active: string): void => {
  const [search, setSearch] = useSearchParams();
  const asked = useRef(search.get('tab'));
  const shown = search.get('tab');
  useEffect(() => {
    if (asked.current !== null) showTab(asked.current);
    asked.current = null;
  }, []);
  useEffect(() => {
    if (shown !== active) setSearch((before) => ({ ...Object.fromEntries(before), tab: active }), { replace: true });
  }, [active, shown, setSearch]);
};

const failureOf = (run: TabRun | undefined) => {
  const shown = run?.runs[run.shown];
  const problem = shown?.state.problem;
  return shown === undefined || problem === undefined ? null : { statement: shown.statement, problem };
};

const runIn = (tabId: string) => (statements: readonly Statement[]) => void runStatements(tabId, statements);
const cancelIn = (tabId: string): void => {
  cancelRun(tabId).catch((error: unknown) => tell('The query was not cancelled', error));
};

/** A result that is kept is a table of its own in the query process: its columns are summed up from it, not from a second run. */
const keptResult = (state: QueryState): string => `kept.main.${quoted(state.queryId)}`;

const QueryPage = () => {
  useOpenOrders();
  const tab = activeTab(useStore(tabStore));
  useTabInUrl(tab.id);
  const run = useSelect(runStore, (all) => all[tab.id]);
  const editor = useRef<EditorHandle>(null);
  const [search, setSearch] = useSearchParams();
  const [detail, setDetail] = useState<Detail | null>(null);
  const closeDetail = useCallback(() => setDetail(null), []);
  const setParam = (name: string, value: string): void =>
    setSearch((before) => ({ ...Object.fromEntries(before), [name]: value }), { replace: true });
  const side = search.get('side');
  const view: ResultView = search.get('view') === 'chart' ? 'chart' : 'table';

  const preview = (table: string): void => {
    openSqlInTab(previewSql(table), table);
    void runStatements(tabStore.get().active, splitStatements(previewSql(table)));
  };
  const onCell = (state: QueryState, cache: PageCache, { row, column }: CellPlace): void =>
    setDetail({ kind: 'cell', column: state.columns[column]!, row, value: cache.row(row)?.[column] });
  const onColumn = (state: QueryState, index: number): void =>
    setDetail({ kind: 'summary', from: keptResult(state), of: 'this result', column: state.columns[index]!, index });

  const work = (
    <div className={styles['work']}>
      <TabBar />
      <Split
        name="editor"
        direction="column"
        initial={240}
        min={96}
        otherMin={120}
        first={
          <div className={styles['editor']}>
            <Toolbar
              tab={tab}
              run={run}
              onRun={() => runIn(tab.id)(editor.current?.toRun() ?? [])}
              onRunAll={() => runIn(tab.id)(editor.current?.all() ?? [])}
              onCancel={() => cancelIn(tab.id)}
            />
            <Editor
              tabId={tab.id}
              running={run?.busy === true}
              failed={failureOf(run)}
              onRun={runIn(tab.id)}
              onCancel={() => cancelIn(tab.id)}
              handle={editor}
            />
          </div>
        }
        second={
          <ResultPane
            tabId={tab.id}
            run={run}
            view={view}
            onView={(next) => setParam('view', next)}
            onCell={onCell}
            onColumn={onColumn}
            pickedColumn={detail?.kind === 'summary' ? detail.index : null}
          />
        }
      />
    </div>
  );
  return (
    <div className={styles['page']}>
      <h1 className={styles['hidden']}>Query</h1>
      <Split
        name="catalog"
        direction="row"
        initial={264}
        min={180}
        max={520}
        otherMin={480}
        first={
          <Sidebar
            view={isSideView(side) ? side : 'catalog'}
            onView={(next) => setParam('side', next)}
            onOpen={openSqlInTab}
            onInsert={(text) => editor.current?.insert(text)}
            onPreview={preview}
            onSummary={(table, name, type) =>
              setDetail({ kind: 'summary', from: tableName(table), of: table, column: { name, type }, index: -1 })
            }
          />
        }
        second={work}
      />
      {detail?.kind === 'cell' && <CellDetail {...detail} onClose={closeDetail} />}
      {detail?.kind === 'summary' && (
        <ColumnSummary key={`${detail.from} ${detail.column.name}`} {...detail} onClose={closeDetail} />
      )}
    </div>
  );
};

export default QueryPage;
