import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Column, MergeResult, MergeSpec, Table } from './index.ts';
import { planRuns } from './merge-plan.ts';
import type { Leaf } from './merge-plan.ts';
import { openBench, rowsOf } from './testing.ts';
import type { Bench } from './testing.ts';

const columns: Column[] = [
  { name: 'id', type: 'BIGINT' },
  { name: 'status', type: 'VARCHAR' },
  { name: 'seq', type: 'BIGINT' },
];
const spec: MergeSpec = { keys: ['id'], sequence: 'seq', deleteWhen: "type = 'delete'", fileRowsMax: 2048 };
let bench: Bench;
let table: Table;

beforeEach(async () => {
  bench = await openBench();
  table = bench.lake.table('silver.orders_current');
});

afterEach(() => bench.close());

const create = (partitionBy: string[] = []) =>
  table.commit({ readVersion: -1, operation: 'CREATE', columns, partitionBy });

async function merge(source: string, merging: MergeSpec = spec): Promise<MergeResult> {
  const snapshot = (await table.snapshot())!;
  const result = await table.merge(snapshot, source, merging);
  await table.commit({ readVersion: snapshot.version, operation: 'MERGE', add: result.add, remove: result.remove });
  return result;
}

const changes = (...rows: [id: number | null, status: string, seq: number | null, type?: 'delete'][]) =>
  rows
    .map(
      ([id, status, seq, type = 'update']) =>
        `SELECT ${id ?? 'NULL'} AS id, '${status}' AS status, ${seq ?? 'NULL'} AS seq, '${type}' AS type`,
    )
    .join(' UNION ALL ');
const range = (from: number, to: number) =>
  `SELECT i AS id, 'placed' AS status, i AS seq, 'insert' AS type FROM range(${from}, ${to}) t(i)`;
const longNames = (n: number) =>
  `SELECT repeat('ü', 60) || (i % 7) AS name, TIMESTAMPTZ '2024-01-01 00:00:00.000001+00' + to_microseconds(i) AS "at", ${n} AS n FROM range(100) t(i)`;
const current = () => rowsOf(bench.sql, table, 'id');

describe('merging', () => {
  test('inserts, updates and deletes by key, and counts what it did', async () => {
    await create();
    await merge(changes([1, 'placed', 1], [2, 'placed', 2], [3, 'placed', 3]));
    const { counts } = await merge(
      changes([1, 'accepted', 4], [2, 'x', 5, 'delete'], [4, 'placed', 6], [9, 'x', 7, 'delete']),
    );
    expect(counts).toEqual({ inserted: 1, updated: 1, deleted: 1, ignored: 1 });
    expect(await current()).toEqual([
      { id: '1', status: 'accepted', seq: '4' },
      { id: '3', status: 'placed', seq: '3' },
      { id: '4', status: 'placed', seq: '6' },
    ]);
  });

  test('keeps the newest of a key, whether the older one comes in the same batch or later', async () => {
    await create();
    const first = await merge(
      changes([1, 'placed', 10], [1, 'delivered', 30], [1, 'accepted', 20], [1, 'unknown', null]),
    );
    expect(first.counts).toEqual({ inserted: 1, updated: 0, deleted: 0, ignored: 3 });
    const late = await merge(changes([1, 'x', 25, 'delete'], [1, 'unknown', null]));
    expect(late).toEqual({ add: [], remove: [], counts: { inserted: 0, updated: 0, deleted: 0, ignored: 2 } });
    expect(await current()).toEqual([{ id: '1', status: 'delivered', seq: '30' }]);
  });

  test('takes NULL for a key like any other', async () => {
    await create();
    await merge(changes([null, 'placed', 1], [5, 'placed', 1]));
    expect((await merge(changes([null, 'accepted', 2]))).counts.updated).toBe(1);
    expect(await current()).toHaveLength(2);
  });

  test('refuses equal keys without a sequence, unknown columns, and no keys', async () => {
    await create();
    const snapshot = (await table.snapshot())!;
    const twice = changes([1, 'a', 1], [1, 'b', 2]);
    await expect(table.merge(snapshot, twice, { keys: ['id'] })).rejects.toMatchObject({
      code: 'LAKE_MERGE_AMBIGUOUS',
    });
    await expect(table.merge(snapshot, twice, { keys: ['nope'] })).rejects.toMatchObject({ code: 'LAKE_MERGE_COLUMN' });
    await expect(table.merge(snapshot, twice, { keys: [] })).rejects.toMatchObject({ code: 'LAKE_MERGE_KEYS' });
  });

  test('leaves files of other keys alone, and old files once changes move on', async () => {
    await create();
    await merge(range(0, 10_000));
    const settled = (await table.snapshot())!.files;
    expect(settled.map(({ rows }) => rows)).toEqual([2048, 2048, 2048, 2048, 1808]);
    const tail = await merge(range(10_000, 10_100));
    expect(tail.remove).toEqual(settled.slice(-1));
    const middle = await merge(changes([3000, 'accepted', 20_000]));
    expect(middle.remove).toEqual([settled[1]]);
    expect(middle.add.map(({ rows }) => rows)).toEqual([2048]);
    const both = await merge(changes([1, 'accepted', 20_001], [9000, 'accepted', 20_002]));
    expect(both.remove).toHaveLength(2);
    expect(both.add).toHaveLength(2);
    expect(await current()).toHaveLength(10_100);
  });

  test('makes files that compaction leaves as they are', async () => {
    await create();
    await merge(range(0, 20_000));
    for (let i = 0; i < 10; i++) await merge(changes([i * 2000, 'accepted', 30_000]));
    const table2 = bench.reopen().table('silver.orders_current');
    expect((await table2.snapshot())!.files.length).toBeGreaterThan(4);
    expect(await table2.optimize()).toEqual({ kind: 'nothing' });
  });

  test('moves a row whose partition changed', async () => {
    await create(['status']);
    await merge(changes([1, 'placed', 1], [2, 'placed', 1], [3, 'ü %/=', 1]));
    const { remove } = await merge(changes([1, 'ü %/=', 2]));
    expect(remove).toHaveLength(1);
    expect(await current()).toEqual(
      [
        { id: '1', seq: '2', status: 'ü %/=' },
        { id: '2', seq: '1', status: 'placed' },
        { id: '3', seq: '1', status: 'ü %/=' },
      ].map(({ id, seq, status }) => ({ id, status, seq })),
    );
  });

  test('finds keys of several columns, text and times, by statistics that were cut', async () => {
    const wide = bench.lake.table('silver.wide');
    const shape: Column[] = [
      { name: 'name', type: 'VARCHAR' },
      { name: 'at', type: 'TIMESTAMP WITH TIME ZONE' },
      { name: 'n', type: 'INTEGER' },
    ];
    await wide.commit({ readVersion: -1, operation: 'CREATE', columns: shape });
    for (const n of [1, 2]) {
      const snapshot = (await wide.snapshot())!;
      const { add, remove, counts } = await wide.merge(snapshot, longNames(n), { keys: ['name', 'at'] });
      expect(counts).toEqual({ inserted: n === 1 ? 100 : 0, updated: n === 2 ? 100 : 0, deleted: 0, ignored: 0 });
      await wide.commit({ readVersion: snapshot.version, operation: 'MERGE', add, remove });
    }
    expect(new Set((await rowsOf(bench.sql, wide, 'name')).map(({ n }) => n))).toEqual(new Set([2]));
  });
});

const leaf = (rows: number, change: Partial<Leaf> = {}): Leaf => ({
  file: { path: `f${rows}`, partitionValues: {}, sizeBytes: 1, modifiedMs: 0, rows },
  changedRows: 0,
  deletedRows: 0,
  insertedRows: 0,
  ...change,
});
const outline = (leaves: Leaf[], unplaced = 0) =>
  planRuns(leaves, unplaced, 100).map(({ files, from, to, rowsPerFile }) => [files.length, from, to, rowsPerFile]);

describe('the plan of a merge', () => {
  test('joins neighbours into one run and keeps others apart', () => {
    expect(
      outline([leaf(90, { changedRows: 1 }), leaf(20, { changedRows: 2 }), leaf(90), leaf(90, { changedRows: 1 })]),
    ).toEqual([
      [2, 0, 1, undefined],
      [1, 3, 3, undefined],
    ]);
  });

  test('starts a new file when the last one is full', () => {
    expect(outline([leaf(100), leaf(100, { insertedRows: 30 })])).toEqual([[0, 1, 1, undefined]]);
    expect(outline([leaf(100), leaf(99, { insertedRows: 30 })])).toEqual([[1, 1, 1, undefined]]);
    expect(outline([leaf(100), leaf(99, { insertedRows: 300 })])).toEqual([[1, 1, 1, 100]]);
  });

  test('cuts a file in the middle into equal parts', () => {
    expect(outline([leaf(100, { insertedRows: 110 }), leaf(100)])).toEqual([[1, 0, 0, 70]]);
  });

  test('does nothing for nothing', () => {
    expect(outline([leaf(100), leaf(100)])).toEqual([]);
    expect(outline([])).toEqual([]);
    expect(outline([], 5)).toEqual([[0, 0, 0, undefined]]);
  });
});
