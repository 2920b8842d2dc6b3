/**
 * How other pages open SQL in the editor: they leave an order, the Query page takes it. A store rather than the URL, because
 * a statement may be long and the order must be carried out once.
 */
import { createStore } from '../api/store.ts';

export interface OpenOrder {
  readonly name: string;
  readonly sql: string;
  /** Run it at once. */
  readonly run?: boolean;
}

export const openOrder = createStore<OpenOrder | null>(null);
export const openSql = (order: OpenOrder): void => openOrder.set(order);

/** DuckDB's reserved words (`duckdb_keywords()`): as names they must be quoted. */
const reserved = new Set(
  `all analyse analyze and anti any array as asc asof asymmetric at authorization binary both by case cast check collate collation
  column columns concurrently constraint create cross default deferrable desc describe distinct do else end except false fetch for
  foreign freeze from full generated glob group having ilike in initially inner intersect into is isnull join lambda lateral leading
  left like limit map natural not notnull null offset on only or order outer overlaps pivot pivot_longer pivot_wider placing
  positional primary qualify references returning right select semi show similar some struct summarize symmetric table tablesample
  then to trailing true try_cast union unique unpack unpivot using variadic verbose when where window with`.split(
    /\s+/,
  ),
);
const plain = /^[a-z_][a-z0-9_]*$/;

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A name as a person would write it: quoted only where it must be. */
export const identifier = (name: string): string => (plain.test(name) && !reserved.has(name) ? name : quoted(name));

/** `schema.table` is two names. */
export const tableName = (name: string): string => {
  const dot = name.indexOf('.');
  return dot < 0 ? identifier(name) : `${identifier(name.slice(0, dot))}.${identifier(name.slice(dot + 1))}`;
};

export const previewSql = (table: string): string => `SELECT *\nFROM ${tableName(table)}\nLIMIT 100;\n`;
