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

const plain = /^[a-z_][a-z0-9_]*$/;
const quote = (name: string): string => (plain.test(name) ? name : `"${name.replaceAll('"', '""')}"`);

/** A name as SQL wants it: quoted where it must be. `schema.table` is two names. */
export const identifier = (name: string): string => quote(name);
export const tableName = (name: string): string => {
  const dot = name.indexOf('.');
  return dot < 0 ? quote(name) : `${quote(name.slice(0, dot))}.${quote(name.slice(dot + 1))}`;
};

export const previewSql = (table: string): string => `SELECT *\nFROM ${tableName(table)}\nLIMIT 100;\n`;
