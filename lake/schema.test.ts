import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fileStats, scanSql } from './index.ts';
import type { Column } from './index.ts';
import { columnsToSchema, schemaToColumns, storedColumns } from './schema.ts';
import { append, openBench, rowsOf } from './testing.ts';
import type { Bench } from './testing.ts';

const one = (type: string): Column[] => [{ name: 'c', type }];
const stored = (type: string) => storedColumns(one(type))[0]!.type;

describe('types', () => {
  test.each([
    ['BIGINT', 'BIGINT'],
    ['int', 'INTEGER'],
    ['UTINYINT', 'SMALLINT'],
    ['UINTEGER', 'BIGINT'],
    ['UBIGINT', 'DECIMAL(20,0)'],
    ['HUGEINT', 'DECIMAL(38,0)'],
    ['DECIMAL(18, 2)', 'DECIMAL(18,2)'],
    ['DECIMAL', 'DECIMAL(18,3)'],
    ["ENUM('a', 'it''s, b')", 'VARCHAR'],
    ['UUID', 'VARCHAR'],
    ['JSON', 'VARCHAR'],
    ['timestamp with time zone', 'TIMESTAMP WITH TIME ZONE'],
    ['TIMESTAMP_NS', 'TIMESTAMP'],
    ['INTEGER[3]', 'INTEGER[]'],
    ['STRUCT("a b" INTEGER, "say ""hi""" VARCHAR[][])', 'STRUCT("a b" INTEGER, "say ""hi""" VARCHAR[][])'],
    ['MAP(VARCHAR, STRUCT(x UUID))', 'MAP(VARCHAR, STRUCT("x" VARCHAR))'],
  ])('%s is kept as %s', (type, kept) => {
    expect(stored(type)).toBe(kept);
    expect(schemaToColumns(columnsToSchema(one(kept)))[0]!.type).toBe(kept);
  });

  test.each(['INTERVAL', 'TIME', 'BIT', 'UNION(a INTEGER)', '"NULL"', 'STRUCT(a INTERVAL)'])(
    '%s is refused with a sentence',
    (type) => {
      expect(() => columnsToSchema(one(type))).toThrowError(
        expect.objectContaining({
          code: 'LAKE_TYPE_UNSUPPORTED',
          message: expect.stringContaining('"c"'),
          hint: expect.stringContaining('CAST("c"'),
        }),
      );
    },
  );

  test.each(['', 'STRUCT(a', 'MAP(VARCHAR)', 'INTEGER]', 'a;b'])('%j is not a type', (type) => {
    expect(() => columnsToSchema(one(type))).toThrowError(expect.objectContaining({ code: 'LAKE_TYPE_UNKNOWN' }));
  });

  test('columns whose names differ only in case are refused', () => {
    const twins = [...one('INTEGER'), { name: 'C', type: 'INTEGER' }];
    expect(() => columnsToSchema(twins)).toThrowError(expect.objectContaining({ code: 'LAKE_COLUMN_NAME' }));
  });
});

describe('a table’s columns', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench.close());
  const old: Column[] = [{ name: 'id', type: 'INTEGER' }];

  test('are extended by new ones, which older rows do not have', async () => {
    const table = bench.lake.table('silver.grown');
    await append(table, 'SELECT 1 AS id', old);
    const wider: Column[] = [{ name: 'note', type: 'STRUCT(a INTEGER)' }, ...old];
    await append(table, "SELECT {'a': 5} AS note, 2 AS id", wider);
    await append(table, 'SELECT 3 AS id', old);
    expect((await table.snapshot())!.columns.map(({ name }) => name)).toEqual(['id', 'note']);
    expect(await rowsOf(bench.sql, table, 'id')).toEqual([
      { id: 1, note: null },
      { id: 2, note: { a: 5 } },
      { id: 3, note: null },
    ]);
  });

  test('do not change their type', async () => {
    const table = bench.lake.table('silver.typed');
    await append(table, 'SELECT 1 AS id', old);
    const change = { readVersion: 0, operation: 'WRITE', columns: [{ name: 'id', type: 'VARCHAR' }] };
    await expect(table.commit(change)).rejects.toMatchObject({
      code: 'LAKE_SCHEMA_CHANGE',
      message: 'Column "id" of silver.typed is INTEGER and cannot become VARCHAR.',
    });
    expect((await table.commit({ ...change, overwrite: true })).kind).toBe('committed');
    expect((await table.snapshot())!).toMatchObject({ rows: 0, columns: [{ name: 'id', type: 'VARCHAR' }] });
  });

  test('that are NOT NULL take no NULL', async () => {
    const shape = { columns: [{ name: 'id', type: 'INTEGER', nullable: false }], partitionBy: [] };
    await expect(bench.lake.table('silver.strict').write('SELECT NULL AS id', shape)).rejects.toMatchObject({
      code: 'LAKE_NOT_NULL',
    });
  });

  test('refuse a value that they cannot hold, and nothing is committed', async () => {
    const shape = { columns: [{ name: 'id', type: 'HUGEINT' }], partitionBy: [] };
    const tooBig = 'SELECT 170141183460469231731687303715884105727::HUGEINT AS id';
    await expect(bench.lake.table('silver.big').write(tooBig, shape)).rejects.toMatchObject({
      code: 'LAKE_WRITE_FAILED',
    });
  });

  test('give an empty scan its types when there are no files', async () => {
    const table = bench.lake.table('silver.empty');
    const columns: Column[] = [...old, { name: 'tags', type: 'VARCHAR[]' }, { name: 'uid', type: 'UUID' }];
    const described = await bench.sql.rows(`DESCRIBE SELECT * FROM ${scanSql(table, [], columns, ['id'])}`);
    expect(described.map((row) => [row['column_name'], row['column_type']])).toEqual([
      ['id', 'INTEGER'],
      ['tags', 'VARCHAR[]'],
      ['uid', 'VARCHAR'],
    ]);
  });

  test('can be read in part, even the partition columns alone', async () => {
    const table = bench.lake.table('silver.partly');
    const columns: Column[] = [...old, { name: 'day', type: 'DATE' }, { name: 'note', type: 'VARCHAR' }];
    await append(
      table,
      "SELECT 1 AS id, DATE '2024-01-02' AS day, 'x' AS note UNION ALL SELECT 2, NULL, 'y'",
      columns,
      ['day'],
    );
    const { files } = (await table.snapshot())!;
    const days = await bench.sql.rows(`SELECT * FROM ${scanSql(table, files, [columns[1]!], ['day'])} ORDER BY day`);
    expect(days).toEqual([{ day: '2024-01-02' }, { day: null }]);
    expect(
      await bench.sql.rows(`SELECT * FROM ${scanSql(table, files, [columns[2]!], ['day'])} ORDER BY note`),
    ).toEqual([{ note: 'x' }, { note: 'y' }]);
  });

  test.each([
    ['nested', 'STRUCT(a INTEGER)'],
    ['bytes', 'BLOB'],
    ['absent', undefined],
  ])('cannot partition by one that is %s', async (name, type) => {
    const columns: Column[] = [...old, ...(type ? [{ name, type }] : [])];
    const create = { readVersion: -1, operation: 'CREATE', columns, partitionBy: [name] };
    await expect(bench.lake.table('silver.parted').commit(create)).rejects.toMatchObject({
      code: 'LAKE_PARTITION_COLUMN',
    });
  });

  test('have statistics that bound every value', async () => {
    const columns: Column[] = [
      { name: 'big', type: 'BIGINT' },
      { name: 'long', type: 'VARCHAR' },
      { name: 'instant', type: 'TIMESTAMP WITH TIME ZONE' },
      { name: 'far', type: 'DATE' },
      { name: 'nan', type: 'DOUBLE' },
      { name: 'gone', type: 'INTEGER' },
      { name: 'in "it"', type: 'STRUCT("x.y" INTEGER)' },
    ];
    const select = `SELECT 9223372036854775807 - i AS big, repeat('ü', 60) || i AS long, TIMESTAMPTZ '1969-12-31 23:59:59.999500+00' AS instant,
      DATE '12024-01-01' AS far, 'nan'::DOUBLE AS nan, NULL AS gone, {'x.y': i} AS "in ""it""" FROM range(2) t(i)`;
    const [file] = await bench.lake.table('silver.stats').write(select, { columns, partitionBy: [] });
    expect(file!.stats).toContain('"big":9223372036854775806');
    expect(fileStats(file!)).toEqual({
      numRecords: 2,
      minValues: {
        big: '9223372036854775806',
        long: 'ü'.repeat(48),
        instant: '1969-12-31T23:59:59.999Z',
        'in "it"': { 'x.y': 0 },
      },
      maxValues: {
        big: '9223372036854775807',
        long: `${'ü'.repeat(48)}\u{10FFFF}`,
        instant: '1970-01-01T00:00:00.000Z',
        'in "it"': { 'x.y': 1 },
      },
      nullCount: { big: 0, long: 0, instant: 0, far: 0, nan: 0, gone: 2, 'in "it"': { 'x.y': 0 } },
    });
  });

  test('of an append-only table cannot lose rows', async () => {
    const table = bench.lake.table('silver.appendonly');
    await append(table, 'SELECT 1 AS id', old);
    await table.commit({ readVersion: 0, operation: 'SET', properties: { 'delta.appendOnly': 'true' } });
    const { files } = (await table.snapshot())!;
    await expect(table.commit({ readVersion: 1, operation: 'DELETE', remove: [...files] })).rejects.toMatchObject({
      code: 'LAKE_APPEND_ONLY',
    });
  });
});
