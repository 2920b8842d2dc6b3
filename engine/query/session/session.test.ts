import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { duckdbSql, type Lake, openLake } from '../../../lake/index.ts';
import type { QueryState } from '../../contract/index.ts';
import { openQuerySession, type QuerySession } from './index.ts';

let dir: string;
let session: QuerySession;
let lake: Lake;
let instance: DuckDBInstance;
const states = new Map<string, QueryState[]>();
let nextId = 0;

const columns = [
  { name: 'city', type: 'VARCHAR' },
  { name: 'orders', type: 'BIGINT' },
];

const append = async (select: string, name = 'gold.cities'): Promise<void> => {
  const table = lake.table(name);
  const before = await table.snapshot();
  const add = await table.write(select, { columns, partitionBy: [] });
  await table.commit({
    readVersion: before?.version ?? -1,
    operation: 'WRITE',
    columns,
    add,
    counters: { rowsOut: 1 },
  });
};

const last = (queryId: string): QueryState => states.get(queryId)!.at(-1)!;
const ended = (queryId: string): Promise<QueryState> =>
  vi.waitFor(() => {
    expect(['done', 'failed', 'cancelled']).toContain(last(queryId).phase);
    return last(queryId);
  }, 20_000);
const start = (sql: string): string => session.run(`q${nextId++}`, sql).queryId;
const run = (sql: string): Promise<QueryState> => ended(start(sql));
const rows = async (sql: string): Promise<readonly (readonly unknown[])[]> => {
  const state = await run(sql);
  expect(state.problem).toBeUndefined();
  return (await session.page(state.queryId, 0, 5_000)).rows;
};

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tiffin-query-'));
  instance = await DuckDBInstance.create(':memory:');
  lake = openLake({ root: join(dir, 'lake'), sql: duckdbSql(await instance.connect()), now: Date.now });
  await append(`SELECT 'BANG' AS city, 9007199254740993 AS orders UNION ALL SELECT 'MUM', 2`);
  const config = { lakeDir: join(dir, 'lake'), exportsDir: join(dir, 'exports'), tmpDir: join(dir, 'tmp') };
  session = await openQuerySession(
    {
      ...config,
      memoryLimitMb: 300,
      threads: 2,
      connections: 2,
      limits: { rowsMax: 1_000, keptResultsMax: 8, keptRowsMax: 8_000 },
    },
    (state) => states.set(state.queryId, [...(states.get(state.queryId) ?? []), state]),
  );
});
afterEach(async () => {
  await session.stop();
  instance.closeSync();
  rmSync(dir, { recursive: true, force: true });
});

describe('a query over the lake', () => {
  test('goes from queued over running to done, and its rows can be paged', async () => {
    const state = await run('SELECT * FROM gold.cities ORDER BY city');
    expect(state).toMatchObject({ phase: 'done', rows: 2, truncated: false });
    expect(states.get(state.queryId)!.map(({ phase }) => phase)).toEqual(
      expect.arrayContaining(['queued', 'running', 'done']),
    );
    expect(await session.page(state.queryId, 1, 10)).toEqual({ offset: 1, rows: [['MUM', '2']] });
  });

  test('gives 64-bit integers, decimals and nested values without losing a digit', async () => {
    expect(
      await rows(`SELECT orders, 1.10::DECIMAL(10,2), {'a': [1, 2]}, 170141183460469231731687303715884105727::HUGEINT, NULL, true, 1.5
        FROM gold.cities WHERE city = 'BANG'`),
    ).toEqual([
      ['9007199254740993', '1.10', '{"a":[1,2]}', '170141183460469231731687303715884105727', null, true, '1.5'],
    ]);
  });

  test('keeps the names that the query gave, also when two are the same', async () => {
    const state = await run('SELECT 1 AS a, 2 AS a, 3 AS "b c"');
    expect(state.columns.map(({ name }) => name)).toEqual(['a', 'a', 'b c']);
    expect((await session.page(state.queryId, 0, 10)).rows).toEqual([[1, 2, 3]]);
  });

  test('keeps the order of the rows, and cuts at the limit and says so', async () => {
    const state = await run('SELECT i FROM range(5000) t(i) ORDER BY i DESC');
    expect(state).toMatchObject({ rows: 1_000, truncated: true });
    const page = await session.page(state.queryId, 998, 10);
    expect(page.rows).toEqual([['4001'], ['4000']]);
  });

  test('sees a commit that came before it', async () => {
    expect(await rows('SELECT count(*) FROM gold.cities')).toEqual([['2']]);
    await append(`SELECT 'DEL' AS city, 3 AS orders`);
    expect(await rows('SELECT count(*) FROM gold.cities')).toEqual([['3']]);
    await append(`SELECT 'DEL' AS city, 3 AS orders`, 'silver.late');
    expect(await rows('SELECT a.city FROM silver.late a JOIN gold.cities b USING (city)')).toEqual([['DEL']]);
  });

  test.each([
    'DESCRIBE gold.cities',
    'SUMMARIZE gold.cities',
    'SHOW ALL TABLES',
    'FROM gold.cities',
    'TABLE gold.cities',
    'VALUES (1)',
    'PIVOT gold.cities ON city USING sum(orders)',
    'EXPLAIN SELECT 1',
    'EXPLAIN ANALYZE FROM gold.cities',
    'PRAGMA version',
    'WITH a AS (SELECT 1) SELECT * FROM a -- a comment at the end',
    'SELECT 1;  ; ',
  ])('may be %s', async (sql) => {
    const state = await run(sql);
    expect(state.problem).toBeUndefined();
    expect(state.rows).toBeGreaterThan(0);
    expect((await session.page(state.queryId, 0, 1)).rows[0]).toHaveLength(state.columns.length);
  });
});

describe('a query that is wrong', () => {
  test.each([
    ['SELEC 1', 1, 1],
    ['SELECT city,\n  nope\nFROM gold.cities', 2, 3],
    ["SELECT 'ä€', nope FROM gold.cities", 1, 14],
    ['SELECT *\nFROM gold.nothing', 2, 6],
  ])('%j is told with its line and column', async (sql, line, column) => {
    expect((await run(sql)).problem).toMatchObject({ line, column });
  });

  test('at run time is told with its place in the text too', async () => {
    const { problem } = await run(`SELECT 1,\n CAST(city AS INTEGER) FROM gold.cities`);
    expect(problem).toMatchObject({ code: 'SQL_CONVERSION', line: 2, hint: expect.any(String) as string });
  });

  test.each([
    ['', 'EMPTY_QUERY'],
    ['-- nothing', 'EMPTY_QUERY'],
    ['SELECT 1; SELECT 2', 'SEVERAL_STATEMENTS'],
    ['SELECT $1::INTEGER', 'PARAMETERS'],
  ])('%j is refused as %s', async (sql, code) => {
    expect((await run(sql)).problem).toMatchObject({ code });
  });
});

describe('the lock-down', () => {
  test.each([
    "COPY (SELECT 1) TO '/etc/x'",
    "COPY (SELECT 1) TO '@lake/gold/cities/evil.parquet'",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '@lake/evil.parquet'",
    "EXPLAIN /* a */ ANALYZE COPY (SELECT 1) TO '@lake/evil.parquet'",
    "SELECT 1) TO '@lake/evil.parquet'; --",
    "ATTACH '/tmp/a.db' AS a",
    "ATTACH ':memory:' AS b",
    'INSTALL httpfs',
    'LOAD httpfs',
    "SET memory_limit = '100GB'",
    'SET enable_external_access = true',
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_csv('@lake/../../../../../etc/passwd')",
    "SELECT * FROM glob('/etc/*')",
    "FROM '/etc/passwd'",
    'CREATE TABLE t (i INTEGER)',
    'DROP VIEW gold.cities',
    'DELETE FROM gold.cities',
    "EXPORT DATABASE '@lake/out'",
    'CALL force_checkpoint()',
  ])('refuses %s', async (template) => {
    const sql = template.replaceAll('@lake', join(dir, 'lake'));
    const { phase, problem } = await run(sql);
    expect(phase).toBe('failed');
    expect(problem!.code).toMatch(
      /^(SQL_PERMISSION|READ_ONLY|SQL_CATALOG|SQL_BINDER|SQL_PARSER|SEVERAL_STATEMENTS|SQL_INVALID_INPUT)$/,
    );
    expect(existsSync(join(dir, 'lake', 'evil.parquet'))).toBe(false);
    expect(existsSync(join(dir, 'lake', 'gold', 'cities', 'evil.parquet'))).toBe(false);
    expect(await rows('SELECT count(*) FROM gold.cities')).toEqual([['2']]);
  });
});

describe('several queries', () => {
  const endless = 'SELECT count(*) FROM range(1000000000000) a, range(1000000) b';

  test('an endless one is cancelled, and its connection serves again', async () => {
    const ids = [start(endless), start(endless), start('SELECT 1')];
    await vi.waitFor(() => expect(last(ids[1]!).phase).toBe('running'));
    expect(last(ids[2]!).phase).toBe('queued');
    session.cancel(ids[0]!);
    expect(await ended(ids[0]!)).toMatchObject({ phase: 'cancelled' });
    expect(await ended(ids[2]!)).toMatchObject({ phase: 'done' });
    session.cancel(ids[1]!);
    expect(await ended(ids[1]!)).toMatchObject({ phase: 'cancelled' });
    expect(await rows('SELECT 2')).toEqual([[2]]);
  });

  test('one that waits in line is cancelled at once, and pages are served while others run', async () => {
    const { queryId } = await run('SELECT 7');
    const ids = [start(endless), start(endless), start(endless)];
    expect(session.cancel(ids[2]!)).toMatchObject({ phase: 'cancelled' });
    expect((await session.page(queryId, 0, 1)).rows).toEqual([[7]]);
    for (const id of ids.slice(0, 2)) session.cancel(id);
    await Promise.all(ids.map(ended));
  });

  test('the oldest results go when there are too many, and that is told', async () => {
    const first = await run('SELECT 0');
    for (let i = 0; i < 8; i++) await run(`SELECT ${i}`);
    await expect(session.page(first.queryId, 0, 1)).rejects.toMatchObject({ code: 'RESULT_GONE' });
  });
});

test('a query that needs more memory than there is fails with a sentence, and the next one works', async () => {
  const { problem } = await run('SELECT list(i) FROM range(200000000) t(i)');
  expect(problem).toMatchObject({ code: 'SQL_OUT_OF_MEMORY' });
  expect(await rows('SELECT 1')).toEqual([[1]]);
});

describe('an export', () => {
  test.each([
    ['csv', (path: string) => expect(readFileSync(path, 'utf8')).toBe('a,a_1\n9007199254740993,"x,y"\n')],
    ['json', (path: string) => expect(readFileSync(path, 'utf8')).toContain('"a":9007199254740993')],
    ['parquet', (path: string) => expect(readFileSync(path).subarray(0, 4).toString()).toBe('PAR1')],
  ] as const)('writes %s: the rows that were shown', async (format, check) => {
    const { queryId } = await run(`SELECT 9007199254740993 AS a, 'x,y' AS a`);
    const path = join(dir, 'exports', `out.${format}`);
    await session.export(queryId, format, path);
    check(path);
  });
});

describe('completion', () => {
  const completionsAt = async (marked: string): Promise<string[]> => {
    const cursor = marked.indexOf('|');
    const found = await session.complete(marked.replace('|', ''), cursor);
    return found.map(({ text, start }) => `${marked.slice(0, start)}${text}`);
  };

  test('offers tables of a schema, columns of a table named before or after, and keywords', async () => {
    await session.catalog();
    expect(await completionsAt('SELECT * FROM gold.|')).toEqual(['SELECT * FROM gold.cities']);
    expect(await completionsAt('SELECT c.o| FROM gold.cities c')).toEqual(['SELECT c.orders']);
    expect((await completionsAt("SELECT 'äö', cit| FROM gold.cities"))[0]).toBe("SELECT 'äö', city");
    expect(await completionsAt("SELECT 'äö' FROM gold.cities whe|")).toContain("SELECT 'äö' FROM gold.cities where ");
    expect(await completionsAt('SELECT * FROM go|')).toContain('SELECT * FROM gold.');
  });
});

test('the catalog tells tables with their columns, rows and version', async () => {
  const [table, ...others] = await session.catalog();
  expect(others).toEqual([]);
  expect(table).toMatchObject({ name: 'gold.cities', layer: 'gold', rows: 2, version: 0, files: 1, columns });
});

test("the shop's tables are compared with their copies value by value", async () => {
  const db = new Database(join(dir, 'shop.db'));
  db.exec(`CREATE TABLE orders (city TEXT, orders INTEGER); INSERT INTO orders VALUES ('BANG', 1), ('MUM', NULL)`);
  await append(`SELECT 'BANG' AS city, 1 AS orders UNION ALL SELECT 'MUM', NULL`, 'silver.orders_current');
  const compare = (): ReturnType<QuerySession['compare']> => session.compare(join(dir, 'shop.db'));
  expect(await compare()).toEqual([
    { table: 'orders', copy: 'silver.orders_current', rows: 2, copied: 2, missing: 0, extra: 0 },
  ]);
  db.exec(`UPDATE orders SET orders = 5 WHERE city = 'MUM'`);
  expect(await compare()).toMatchObject([{ rows: 2, copied: 2, missing: 1, extra: 1 }]);
  db.close();
});

test('a file in a folder that looks like a table harms no other table', async () => {
  writeFileSync(join(dir, 'lake', 'gold', 'stray.txt'), '');
  expect(await rows('SELECT count(*) FROM gold.cities')).toEqual([['2']]);
});
