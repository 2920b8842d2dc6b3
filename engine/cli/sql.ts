/** `tiffin sql`: one query over the lake. Readers never lock writers, so it needs no running engine, and no lock. */
import { mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cell, QueryState } from '../contract/index.ts';
import { sentenceOf } from '../errors.ts';
import { openQuerySession, type QuerySession } from '../query/session/index.ts';
import { exitCodes, narrate, print, tableText } from './output.ts';
import { existingWorkspace } from './session.ts';

export interface SqlOptions {
  readonly workspace: string;
  readonly json?: boolean;
}

const pageRows = 5_000;
const numeric = /^(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|UTINYINT|USMALLINT|UINTEGER|UBIGINT|UHUGEINT|DECIMAL)/;

export const sqlCommand = async (sql: string, options: SqlOptions): Promise<number> => {
  const { paths } = existingWorkspace(options.workspace);
  const tmp = mkdtempSync(join(tmpdir(), 'tiffin-sql-'));
  mkdirSync(paths.exports, { recursive: true });
  let session: QuerySession | undefined;
  try {
    const ended = Promise.withResolvers<QueryState>();
    session = await openQuerySession(
      { lakeDir: paths.lake, exportsDir: paths.exports, tmpDir: tmp, memoryLimitMb: 1_000, threads: 2, connections: 1 },
      (state) => {
        if (['done', 'failed', 'cancelled'].includes(state.phase)) ended.resolve(state);
      },
    );
    const { queryId } = session.run('cli', sql);
    const open = session;
    const cancel = (): void => void open.cancel(queryId);
    process.once('SIGINT', cancel);
    const state = await ended.promise;
    process.off('SIGINT', cancel);
    return await show(session, state, options.json === true);
  } finally {
    await session?.stop();
    rmSync(tmp, { recursive: true, force: true });
  }
};

const show = async (session: QuerySession, state: QueryState, json: boolean): Promise<number> => {
  if (state.phase !== 'done') {
    narrate(state.problem ? placed(state) : 'The query was cancelled.');
    if (json)
      print(JSON.stringify({ error: state.problem ?? { code: 'CANCELLED', message: 'The query was cancelled.' } }));
    return exitCodes.no;
  }
  if (json) await printRows(session, state);
  else await printTable(session, state);
  if (state.truncated) narrate(`Only the first ${state.rows} rows are shown; there are more.`);
  return exitCodes.done;
};

const placed = ({ problem }: QueryState): string => {
  const { line, column } = problem!;
  const place = line === undefined ? '' : `Line ${line}, column ${column}: `;
  return `${place}${sentenceOf(problem!)}`;
};

async function* pages(
  session: QuerySession,
  { queryId, rows }: QueryState,
): AsyncGenerator<readonly (readonly Cell[])[]> {
  for (let offset = 0; offset < rows; offset += pageRows) yield (await session.page(queryId, offset, pageRows)).rows;
}

/** One JSON array, row by row. Exact numbers are written as numbers, with all their digits. */
const printRows = async (session: QuerySession, state: QueryState): Promise<void> => {
  const names = state.columns.map(({ name }) => JSON.stringify(name));
  const exact = state.columns.map(({ type }) => numeric.test(type) && !type.endsWith(']'));
  let separator = '[';
  for await (const page of pages(session, state)) {
    const lines = page.map((row) => `{${row.map((cell, i) => `${names[i]}:${jsonOf(cell, exact[i]!)}`).join(',')}}`);
    process.stdout.write(`${separator}${lines.join(',\n')}`);
    separator = ',\n';
  }
  print(separator === '[' ? '[]' : ']');
};

const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?$/;
const jsonOf = (cell: Cell, exact: boolean): string =>
  exact && typeof cell === 'string' && jsonNumber.test(cell) ? cell : JSON.stringify(cell);

const printTable = async (session: QuerySession, state: QueryState): Promise<void> => {
  const rows: string[][] = [];
  for await (const page of pages(session, state))
    for (const row of page) rows.push(row.map((cell) => (cell === null ? '' : String(cell))));
  print(
    tableText(
      state.columns.map(({ name }) => name),
      rows,
    ),
  );
  narrate(`${state.rows} ${state.rows === 1 ? 'row' : 'rows'}, ${state.elapsedMs} ms`);
};
