/** The catalog as the rows of a tree: schemas, tables, columns; filtered, opened and walked by keys. Pure. */
import type { CatalogColumn, CatalogTable, Layer } from '../../engine/contract/index.ts';

export type TreeRow =
  | {
      readonly kind: 'schema';
      readonly id: string;
      readonly name: string;
      readonly tables: number;
      readonly open: boolean;
    }
  | { readonly kind: 'table'; readonly id: string; readonly table: CatalogTable; readonly open: boolean }
  | { readonly kind: 'column'; readonly id: string; readonly table: CatalogTable; readonly column: CatalogColumn };

const order = ['bronze', 'silver', 'gold'];
const rank = (schema: string): number => (order.includes(schema) ? order.indexOf(schema) : order.length);

export const schemaLayer = (schema: string): Layer => (order.includes(schema) ? (schema as Layer) : 'source');

const matches = (text: string, filter: string): boolean => text.toLowerCase().includes(filter);

/**
 * All visible rows. `toggled` holds what the reader changed: schemas are open and tables closed unless it says otherwise. With
 * a filter, what matches is shown opened: a table by its name, or by a column's name, then with the columns that match.
 */
export const treeRows = (
  tables: readonly CatalogTable[],
  toggled: ReadonlySet<string>,
  filterText: string,
): TreeRow[] => {
  const filter = filterText.trim().toLowerCase();
  const schemas = Map.groupBy(tables, (table) => table.schema);
  return [...schemas]
    .toSorted(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b))
    .flatMap(([name, inSchema]): TreeRow[] => {
      const id = `schema ${name}`;
      const rows = inSchema
        .toSorted((a, b) => a.table.localeCompare(b.table))
        .flatMap((table) => tableRows(table, toggled, filter));
      if (rows.length === 0) return [];
      const open = filter !== '' || !toggled.has(id);
      return [{ kind: 'schema', id, name, tables: inSchema.length, open }, ...(open ? rows : [])];
    });
};

const tableRows = (table: CatalogTable, toggled: ReadonlySet<string>, filter: string): TreeRow[] => {
  const id = `table ${table.name}`;
  const byName = filter === '' || matches(table.name, filter);
  const found = filter === '' ? [] : table.columns.filter((column) => matches(column.name, filter));
  if (!byName && found.length === 0) return [];
  const open = byName ? toggled.has(id) : !toggled.has(id);
  const columns = byName ? table.columns : found;
  const columnRow = (column: CatalogColumn): TreeRow => ({
    kind: 'column',
    id: `column ${table.name} ${column.name}`,
    table,
    column,
  });
  return [{ kind: 'table', id, table, open }, ...(open ? columns.map(columnRow) : [])];
};

export type TreeMove =
  | { readonly kind: 'focus'; readonly id: string }
  | { readonly kind: 'toggle'; readonly id: string }
  | null;

/** What an arrow key does at a row, as in any tree: right opens or enters, left closes or leaves. */
export const moveInTree = (rows: readonly TreeRow[], id: string, key: string): TreeMove => {
  const index = rows.findIndex((row) => row.id === id);
  const row = rows[index];
  if (row === undefined) return rows[0] === undefined ? null : { kind: 'focus', id: rows[0].id };
  const focus = (at: number): TreeMove => (rows[at] === undefined ? null : { kind: 'focus', id: rows[at].id });
  const openable = row.kind !== 'column';
  switch (key) {
    case 'ArrowDown':
      return focus(index + 1);
    case 'ArrowUp':
      return focus(index - 1);
    case 'Home':
      return focus(0);
    case 'End':
      return focus(rows.length - 1);
    case 'ArrowRight':
      if (!openable) return null;
      return row.open ? focus(index + 1) : { kind: 'toggle', id };
    case 'ArrowLeft': {
      if (openable && row.open) return { kind: 'toggle', id };
      const parent = row.kind === 'column' ? 'table' : 'schema';
      return row.kind === 'schema' ? null : focus(rows.findLastIndex((each, at) => at < index && each.kind === parent));
    }
    default:
      return null;
  }
};
