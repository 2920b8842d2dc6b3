import { expect, test } from 'vitest';
import { identifier, previewSql, tableName } from './open.ts';

test.each([
  ['orders', 'orders'],
  ['offset', '"offset"'],
  ['the city', '"the city"'],
  ['City', '"City"'],
  ['a"b', '"a""b"'],
])('the name %s is written %s', (name, text) => expect(identifier(name)).toBe(text));

test('a table is its schema and its name', () => {
  expect(tableName('silver.orders__quarantine')).toBe('silver.orders__quarantine');
  expect(previewSql('gold.order')).toBe('SELECT *\nFROM gold."order"\nLIMIT 100;\n');
});
