import { describe, expect, test } from 'vitest';
import type { CatalogTable } from '../../engine/contract/index.ts';
import { moveInTree, treeRows, type TreeRow } from './tree.ts';

const table = (name: string, ...columns: string[]): CatalogTable => ({
  name,
  schema: name.split('.')[0]!,
  table: name.split('.')[1]!,
  layer: 'silver',
  kind: 'streaming table',
  columns: columns.map((column) => ({ name: column, type: 'VARCHAR' })),
  partitionBy: [],
  rows: 1,
  sizeBytes: 1,
  files: 1,
  version: 1,
  updatedAtMs: 1,
});
const tables = [
  table('gold.by_city', 'city', 'orders'),
  table('bronze.orders', 'key', 'value'),
  table('silver.orders', 'order_id', 'city'),
];
const ids = (rows: readonly TreeRow[]): string[] => rows.map((row) => row.id);
const none = new Set<string>();

describe('the catalog as a tree', () => {
  test('has the layers in the order of the flow, their tables closed', () => {
    expect(ids(treeRows(tables, none, ''))).toEqual([
      'schema bronze',
      'table bronze.orders',
      'schema silver',
      'table silver.orders',
      'schema gold',
      'table gold.by_city',
    ]);
  });

  test('shows the columns of an open table and nothing of a closed layer', () => {
    const rows = treeRows(tables, new Set(['table silver.orders', 'schema gold']), '');
    expect(ids(rows).slice(3)).toEqual([
      'table silver.orders',
      'column silver.orders order_id',
      'column silver.orders city',
      'schema gold',
    ]);
  });

  test('filtered by a column shows the tables that have it, opened at it', () => {
    expect(ids(treeRows(tables, none, 'CITY'))).toEqual([
      'schema silver',
      'table silver.orders',
      'column silver.orders city',
      'schema gold',
      'table gold.by_city',
    ]);
  });

  test('filtered by what is nowhere is empty', () => expect(treeRows(tables, none, 'zebra')).toEqual([]));
});

describe('keys', () => {
  const rows = treeRows(tables, new Set(['table silver.orders']), '');
  test('right opens, then enters', () => {
    expect(moveInTree(rows, 'table bronze.orders', 'ArrowRight')).toEqual({
      kind: 'toggle',
      id: 'table bronze.orders',
    });
    expect(moveInTree(rows, 'table silver.orders', 'ArrowRight')).toEqual({
      kind: 'focus',
      id: 'column silver.orders order_id',
    });
  });
  test('left closes, then leaves', () => {
    expect(moveInTree(rows, 'table silver.orders', 'ArrowLeft')).toEqual({ kind: 'toggle', id: 'table silver.orders' });
    expect(moveInTree(rows, 'column silver.orders city', 'ArrowLeft')).toEqual({
      kind: 'focus',
      id: 'table silver.orders',
    });
    expect(moveInTree(rows, 'table bronze.orders', 'ArrowLeft')).toEqual({ kind: 'focus', id: 'schema bronze' });
  });
  test('do nothing at the ends, and begin at the top', () => {
    expect(moveInTree(rows, 'schema bronze', 'ArrowUp')).toBeNull();
    expect(moveInTree(rows, 'gone', 'ArrowDown')).toEqual({ kind: 'focus', id: 'schema bronze' });
  });
});
