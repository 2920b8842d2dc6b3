import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { scanSql } from './index.ts';
import type { Column, Sql } from './index.ts';
import { append, openBench, rowsOf } from './testing.ts';
import type { Bench } from './testing.ts';

const columns: Column[] = [
  { name: 'id', type: 'INTEGER' },
  { name: 'city', type: 'VARCHAR' },
];
const someRows = (from: number, to: number) =>
  `SELECT i::INTEGER AS id, CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN 'a b/ü''%' ELSE 'Pune' END AS city FROM range(${from}, ${to}) t(i)`;
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

let bench: Bench;

beforeEach(async () => {
  bench = await openBench();
});

afterEach(() => bench.close());

const ids = async (name: string, lake = bench.lake) =>
  (await rowsOf(bench.sql, lake.table(name), 'id')).map(({ id }) => id);
const commitFile = (name: string, version: number) =>
  path.join(bench.lake.table(name).location, '_delta_log', `${String(version).padStart(20, '0')}.json`);

describe('a table', () => {
  test('does not exist before its first commit', async () => {
    const table = bench.lake.table('bronze.orders');
    await table.write(someRows(0, 1), { columns, partitionBy: [] });
    expect(await table.snapshot()).toBeUndefined();
    expect(await table.history()).toEqual([]);
    expect(await bench.lake.list()).toEqual([]);
    await append(table, someRows(0, 3), columns);
    expect(await bench.lake.list()).toEqual(['bronze.orders']);
  });

  test('shows what was appended, and another process sees it too', async () => {
    const table = bench.lake.table('bronze.orders');
    await append(table, someRows(0, 10), columns, ['city']);
    await append(table, someRows(10, 20), columns, ['city']);
    expect(await ids('bronze.orders')).toEqual(upTo(20));
    expect(await ids('bronze.orders', bench.reopen())).toEqual(upTo(20));
    expect(await rowsOf(bench.sql, table, 'id LIMIT 2')).toEqual([
      { id: 0, city: null },
      { id: 1, city: "a b/ü'%" },
    ]);
  });

  test('writes no file for no rows', async () => {
    const table = bench.lake.table('bronze.empty');
    expect(await table.write(`${someRows(0, 1)} WHERE false`, { columns, partitionBy: [] })).toEqual([]);
    expect(await table.write(`${someRows(0, 1)} WHERE false`, { columns, partitionBy: ['city'] })).toEqual([]);
  });

  test('is one version further for each commit, and the loser of a race is told so', async () => {
    const [ours, theirs] = [bench.lake.table('gold.raced'), bench.reopen().table('gold.raced')];
    await append(ours, someRows(0, 1), columns);
    const change = { readVersion: 0, operation: 'WRITE', transactions: new Map([['flow', 7]]) };
    expect(await theirs.commit(change)).toEqual({ kind: 'committed', version: 1 });
    expect(await ours.commit(change)).toEqual({ kind: 'conflict', version: 1 });
    expect(await ours.commit({ readVersion: -1, operation: 'CREATE', columns })).toEqual({
      kind: 'conflict',
      version: 1,
    });
    expect((await ours.snapshot())!.transactions).toEqual(new Map([['flow', 7]]));
  });

  test('survives the loss of the commits before a checkpoint, with schema, progress and counters', async () => {
    const table = bench.lake.table('silver.orders');
    for (const i of upTo(25)) await append(table, someRows(i, i + 1), columns, ['city']);
    const change = {
      readVersion: 24,
      operation: 'COUNT',
      transactions: new Map([['flow', 25]]),
      counters: { rowsIn: 25 },
    };
    await table.commit(change);
    for (const i of upTo(4)) await append(table, someRows(25 + i, 26 + i), columns, ['city']);
    await append(table, someRows(29, 30), columns, ['city']);
    for (const version of upTo(30)) await fs.rm(commitFile('silver.orders', version));
    const other = bench.reopen().table('silver.orders');
    expect(await ids('silver.orders', bench.reopen())).toEqual(upTo(30));
    const { transactions, counters, columns: read } = (await other.snapshot())!;
    expect({ transactions, counters, columns: read }).toEqual({
      transactions: new Map([['flow', 25]]),
      counters: { rowsIn: 25 },
      columns: (await table.snapshot())!.columns,
    });
  });

  test('is found even when the pointer to its checkpoint is damaged or stale', async () => {
    const table = bench.lake.table('silver.pointed');
    for (const i of upTo(23)) await append(table, someRows(i, i + 1), columns);
    const pointer = path.join(table.location, '_delta_log', '_last_checkpoint');
    for (const text of [
      '{"version":1',
      '{"version":10,"size":1}',
      '{"version":7,"size":1}',
      '{"version":20,"size":1,"parts":2}',
    ]) {
      await fs.writeFile(pointer, text);
      expect(await ids('silver.pointed', bench.reopen()), text).toEqual(upTo(23));
    }
  });

  test('that was deleted and made anew is not mistaken for the old one', async () => {
    const table = bench.lake.table('gold.anew');
    for (const i of upTo(3)) await append(table, someRows(i, i + 1), columns);
    await fs.rm(table.location, { recursive: true });
    expect(await table.snapshot()).toBeUndefined();
    bench.clock.ms += 1000;
    await append(bench.reopen().table('gold.anew'), someRows(7, 8), columns);
    expect(await ids('gold.anew')).toEqual([7]);
  });

  test('says which commit is damaged', async () => {
    await append(bench.lake.table('gold.torn'), someRows(0, 1), columns);
    await fs.writeFile(commitFile('gold.torn', 1), '{"commitInfo":{"time');
    await expect(bench.lake.table('gold.torn').snapshot()).rejects.toMatchObject({
      code: 'LAKE_LOG_DAMAGED',
      message: expect.stringContaining('commit 1 of gold/torn'),
    });
  });

  test('has a name that stays inside the lake', () => {
    for (const name of ['orders', '../x.y', 'a.', '.b', 'a/b.c', 'a.b\\c', 'a..']) {
      expect(() => bench.lake.table(name), name).toThrowError(expect.objectContaining({ code: 'LAKE_TABLE_NAME' }));
    }
  });
});

describe('time travel', () => {
  test('goes to a version, to a time, and to no version before the first', async () => {
    const table = bench.lake.table('gold.travel');
    const startMs = bench.clock.ms;
    for (const i of upTo(13)) {
      bench.clock.ms = startMs + i * 60_000;
      await append(table, someRows(i, i + 1), columns);
    }
    expect((await table.snapshot({ version: 4 }))!.rows).toBe(5);
    expect((await table.snapshot({ timestampMs: startMs + 11 * 60_000 + 59_999 }))!.version).toBe(11);
    expect((await table.snapshot({ timestampMs: startMs + 11 * 60_000 }))!.timestampMs).toBe(startMs + 11 * 60_000);
    expect(await table.snapshot({ timestampMs: startMs - 1 })).toBeUndefined();
    await expect(table.snapshot({ version: 99 })).rejects.toMatchObject({ code: 'LAKE_VERSION_UNKNOWN' });
  });

  test('has rising times even when the clock is set back', async () => {
    const table = bench.lake.table('gold.clock');
    for (const i of upTo(3)) {
      bench.clock.ms -= 5000;
      await append(table, someRows(i, i + 1), columns);
    }
    const times = (await table.history()).map(({ timestampMs }) => timestampMs);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    expect(new Set(times).size).toBe(3);
  });
});

describe('changes', () => {
  test('are the files that were appended, whatever compaction did to them since', async () => {
    const table = bench.lake.table('silver.flow');
    for (const i of upTo(5)) await append(table, someRows(i * 10, i * 10 + 10), columns);
    expect((await table.optimize()).kind).toBe('committed');
    const changes = await table.changes(1, 5);
    if (changes.kind !== 'appended') throw new Error('rows were only appended');
    const rows = await bench.sql.rows(`SELECT id FROM ${scanSql(table, changes.files, columns, [])} ORDER BY id`);
    expect(rows.map(({ id }) => id)).toEqual(upTo(50).slice(20));
    expect(await table.changes(5, 5)).toEqual({ kind: 'appended', files: [] });
  });

  test('tell when rows were replaced', async () => {
    const table = bench.lake.table('silver.replaced');
    await append(table, someRows(0, 10), columns);
    const add = await table.write(someRows(50, 51), { columns, partitionBy: [] });
    await table.commit({ readVersion: 0, operation: 'WRITE', overwrite: true, add });
    await append(table, someRows(60, 61), columns);
    expect(await table.changes(0, 2)).toEqual({ kind: 'rewritten', version: 1 });
    expect((await table.changes(1, 2)).kind).toBe('appended');
    expect(await ids('silver.replaced')).toEqual([50, 60]);
  });
});

describe('maintenance', () => {
  test('compaction keeps rows, partitions and counters, and moves no data in the sense of a stream', async () => {
    const table = bench.lake.table('silver.small');
    for (const i of upTo(6)) await append(table, someRows(i * 9, i * 9 + 9), columns, ['city']);
    await table.commit({ readVersion: 5, operation: 'COUNT', counters: { rowsIn: 54, filtered: 1 } });
    const before = await rowsOf(bench.sql, table, 'id');
    expect(await table.optimize()).toMatchObject({ kind: 'committed', version: 7, filesRemoved: 18, filesAdded: 3 });
    expect(await rowsOf(bench.sql, table, 'id')).toEqual(before);
    expect((await bench.reopen().table('silver.small').snapshot())!.counters).toEqual({ rowsIn: 54, filtered: 1 });
    expect(await table.optimize()).toEqual({ kind: 'nothing' });
  });

  test('compaction goes on top of commits that came meanwhile', async () => {
    const table = bench.lake.table('silver.busy');
    for (const i of upTo(5)) await append(table, someRows(i, i + 1), columns);
    // Another process commits while the compacted file is being written.
    const slow: Sql = {
      run: bench.sql.run,
      rows: async (statement) => {
        if (statement.startsWith('COPY')) await append(table, someRows(5, 6), columns);
        return await bench.sql.rows(statement);
      },
    };
    const compaction = await bench.reopen({ sql: slow }).table('silver.busy').optimize();
    expect(compaction).toMatchObject({ kind: 'committed', version: 6, filesRemoved: 5 });
    expect(await ids('silver.busy')).toEqual(upTo(6));
  });

  test('vacuum deletes what no version within the retention needs, and nothing else', async () => {
    const table = bench.lake.table('silver.vacuumed');
    bench.clock.ms = Date.now();
    for (const i of upTo(5)) await append(table, someRows(i, i + 1), columns);
    await table.optimize();
    await table.write(someRows(100, 101), { columns, partitionBy: [] });
    await fs.writeFile(path.join(table.location, '_delta_log', '_tmp_left-behind'), '');
    await fs.writeFile(path.join(table.location, 'README.txt'), 'mine');
    expect(await table.vacuum()).toEqual({ files: [], bytes: 0 });
    bench.clock.ms += 2 * 3_600_000;
    const plan = await table.vacuum({ retentionMs: 3_600_000, dryRun: true });
    expect(plan.files).toHaveLength(7);
    expect(await table.vacuum({ retentionMs: 3_600_000 })).toEqual(plan);
    expect(await ids('silver.vacuumed')).toEqual(upTo(5));
    const left = (await fs.readdir(table.location)).filter((name) => !name.endsWith('.parquet'));
    expect(left.toSorted()).toEqual(['README.txt', '_delta_log']);
    await expect(table.vacuum({ retentionMs: 1000 })).rejects.toMatchObject({ code: 'LAKE_RETENTION_SHORT' });
  });

  test('the log is cleaned up when its retention ends, but never what the table needs', async () => {
    const table = bench.lake.table('silver.cleaned');
    await table.commit({
      readVersion: -1,
      operation: 'CREATE',
      columns,
      properties: { 'delta.logRetentionDuration': 'interval 1 minute' },
    });
    for (const version of upTo(310)) {
      bench.clock.ms += 1000;
      await table.commit({ readVersion: version, operation: 'TICK', transactions: new Map([['flow', version]]) });
    }
    const names = await fs.readdir(path.join(table.location, '_delta_log'));
    expect(
      names
        .filter((name) => name.endsWith('.checkpoint.parquet'))
        .toSorted()
        .map((name) => Number(name.slice(0, 20))),
    ).toEqual([200, 290, 300, 310]);
    expect(names.filter((name) => name.endsWith('.json')).length).toBe(111);
    expect((await bench.reopen().table('silver.cleaned').snapshot())!.transactions).toEqual(new Map([['flow', 309]]));
    await expect(table.snapshot({ version: 150 })).rejects.toMatchObject({ code: 'LAKE_LOG_INCOMPLETE' });
    expect((await table.snapshot({ version: 250 }))!.transactions).toEqual(new Map([['flow', 249]]));
  });

  test('history tells what each commit did, newest first', async () => {
    const table = bench.lake.table('silver.told');
    await append(table, someRows(0, 4), columns);
    const operationParameters = { mode: 'Append', batch: 7 };
    await table.commit({ readVersion: 0, operation: 'STREAMING UPDATE', operationParameters, counters: { rowsIn: 4 } });
    expect(await table.history()).toEqual([
      {
        version: 1,
        timestampMs: bench.clock.ms + 1,
        operation: 'STREAMING UPDATE',
        operationParameters: { mode: 'Append', batch: '7' },
        filesAdded: 0,
        filesRemoved: 0,
        rowsAdded: 0,
        counters: { rowsIn: 4 },
      },
      {
        version: 0,
        timestampMs: bench.clock.ms,
        operation: 'WRITE',
        operationParameters: {},
        filesAdded: 1,
        filesRemoved: 0,
        rowsAdded: 4,
      },
    ]);
    expect(await table.history(1)).toHaveLength(1);
  });
});
