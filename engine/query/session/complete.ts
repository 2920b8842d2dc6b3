/**
 * What could be typed at the cursor: DuckDB's own `sql_auto_complete`, and before it what DuckDB does not offer: the tables
 * after `schema.`, the columns after `alias.`, and the columns of tables that are named after the cursor.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Completion } from '../../contract/index.ts';
import type { Snapshot } from '../../../lake/index.ts';
import { quoteText } from './quote.ts';

export type Tables = ReadonlyMap<string, Pick<Snapshot, 'columns'>>;

const suggestionsMax = 80;
const dotted = /([\w"]+)\.("?\w*)$/;
const word = /\w*$/;
const tableMention =
  /\b(?:from|join|,)\s+(\w+\.\w+)(?:\s+(?:as\s+)?(?!(?:on|using|where|group|order|join|left|right|inner|limit)\b)(\w+))?/gi;
const kinds: Readonly<Record<string, Completion['kind']>> = {
  keyword: 'keyword',
  schema: 'schema',
  table: 'table',
  column: 'column',
  scalar_function: 'function',
  table_function: 'function',
  aggregate_function: 'function',
};

/** Completions at `cursor` (an offset in UTF-16 units, as an editor counts). */
export const complete = async (
  connection: DuckDBConnection,
  tables: Tables,
  sql: string,
  cursor: number,
): Promise<Completion[]> => {
  const before = sql.slice(0, cursor);
  const own = ownCompletions(tables, sql, before);
  if (dotted.test(before) && own.length > 0) return own;
  const theirs = await duckdbCompletions(connection, before);
  const seen = new Set(own.map((completion) => completion.text));
  return [...own, ...theirs.filter((completion) => !seen.has(completion.text))].slice(0, suggestionsMax);
};

const ownCompletions = (tables: Tables, sql: string, before: string): Completion[] => {
  const mentioned = mentionedTables(sql);
  const dot = dotted.exec(before);
  if (dot) {
    const [, owner = '', typed = ''] = dot;
    const start = before.length - typed.length;
    const table = mentioned.get(owner.toLowerCase());
    return table === undefined
      ? startingWith(tablesOf(tables, owner), typed, start)
      : startingWith(columnsOf(tables, table), typed, start);
  }
  const typed = word.exec(before)![0];
  const columns = [...new Set(mentioned.values())].flatMap((table) => columnsOf(tables, table));
  const unique = [...new Map(columns.map((column) => [column.text, column])).values()];
  return typed === '' ? [] : startingWith(unique, typed, before.length - typed.length);
};

/** Tables named in the text, by alias and by their own short name. */
const mentionedTables = (sql: string): Map<string, string> => {
  const found = new Map<string, string>();
  for (const [, table = '', alias] of sql.matchAll(tableMention)) {
    const name = table.toLowerCase();
    found.set(name.split('.')[1]!, name);
    if (alias !== undefined) found.set(alias.toLowerCase(), name);
  }
  return found;
};

type Candidate = Omit<Completion, 'start'>;

const tablesOf = (tables: Tables, schema: string): Candidate[] =>
  [...tables.keys()]
    .filter((name) => name.startsWith(`${schema.toLowerCase()}.`))
    .map((name) => ({ text: name.slice(schema.length + 1), kind: 'table', detail: name }));

const columnsOf = (tables: Tables, table: string): Candidate[] =>
  (tables.get(table)?.columns ?? []).map(({ name, type }) => ({
    text: name,
    kind: 'column',
    detail: `${type} · ${table}`,
  }));

const startingWith = (candidates: readonly Candidate[], typed: string, start: number): Completion[] =>
  candidates
    .filter(({ text }) => text.toLowerCase().startsWith(typed.toLowerCase()))
    .map((candidate) => ({ ...candidate, start }));

const duckdbCompletions = async (connection: DuckDBConnection, before: string): Promise<Completion[]> => {
  const reader = await connection.runAndReadAll(
    `SELECT suggestion, suggestion_start, suggestion_type FROM sql_auto_complete(${quoteText(before)}) LIMIT ${suggestionsMax * 4}`,
  );
  const bytes = Buffer.from(before);
  return reader.getRowsJson().flatMap(([text, start, type]) => {
    const kind = kinds[String(type)];
    if (kind === undefined || String(text).startsWith('"!') || String(text) === 'kept') return [];
    return [{ text: String(text), start: bytes.subarray(0, Number(start)).toString().length, kind }];
  });
};
