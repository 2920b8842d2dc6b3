import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { dryRun } from '../dry-run.ts';
import { readProject } from '../project.ts';
import { planProject } from './planner.ts';
import type { AppendFlow, Dataset } from './types.ts';

const root = mkdtempSync(join(tmpdir(), 'tiffin-plan-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let count = 0;
const project = (files: Record<string, string> | string): string => {
  count += 1;
  const dir = join(root, String(count));
  const named = typeof files === 'string' ? { 'a.sql': files } : files;
  for (const [name, text] of Object.entries(named)) {
    const path = join(dir, 'pipelines', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return dir;
};

const bronze = `CREATE OR REFRESH STREAMING TABLE bronze.b AS SELECT * FROM STREAM read_kafka(topics => 'b');\n`;

const plan = async (sql: string): Promise<Map<string, Dataset>> => {
  const { plan: made, problems } = await planProject((await readProject(project(sql))).project);
  expect(problems).toEqual([]);
  return new Map(made.datasets.map((dataset) => [dataset.name, dataset]));
};

describe('a plan', () => {
  test('orders tables by what they read, across files', async () => {
    const dir = project({
      'a/gold.sql': 'CREATE MATERIALIZED VIEW gold.c AS SELECT count(*) AS n FROM silver.s',
      'b/silver.sql': 'CREATE STREAMING TABLE silver.s AS SELECT value FROM STREAM bronze.b',
      'c/bronze.sql': bronze,
    });
    const { ok, graph } = await dryRun(dir);
    expect(ok).toBe(true);
    expect(graph.nodes.map(({ id }) => id)).toEqual(['topic:b', 'bronze.b', 'silver.s', 'gold.c']);
    expect(graph.edges).toEqual([
      { from: 'topic:b', to: 'bronze.b' },
      { from: 'bronze.b', to: 'silver.s' },
      { from: 'silver.s', to: 'gold.c' },
    ]);
  });

  test('gives bronze exactly the columns of read_kafka, and those derived for partitions after them', async () => {
    const datasets =
      await plan(`CREATE STREAMING TABLE bronze.b PARTITIONED BY (date(timestamp) AS day, hour(timestamp) AS h)
      AS SELECT * FROM STREAM read_kafka(topics => 'b')`);
    const { columns, partitionBy } = datasets.get('bronze.b')!;
    expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'key VARCHAR',
      'value VARCHAR',
      'topic VARCHAR',
      'partition INTEGER',
      'offset BIGINT',
      'timestamp TIMESTAMP WITH TIME ZONE',
      'day DATE',
      'h BIGINT',
    ]);
    expect(partitionBy).toEqual(['day', 'h']);
  });

  test('carries positions through subqueries, common tables and joins without showing them', async () => {
    const datasets = await plan(`${bronze}
      CREATE STREAMING TABLE silver.names AS SELECT key, value AS name FROM STREAM bronze.b;
      CREATE STREAMING TABLE silver.s AS
      WITH parsed AS (SELECT p.* FROM (SELECT key, value->>'a' AS a FROM STREAM bronze.b) AS p)
      SELECT DISTINCT ON (a) a, names.name FROM parsed LEFT JOIN silver.names USING (key)`);
    const flow = datasets.get('silver.s')!.flow as AppendFlow;
    expect(datasets.get('silver.s')!.columns.map(({ name }) => name)).toEqual(['a', 'name']);
    expect(flow.keys).toEqual(['a']);
    expect(flow.tables).toEqual(['silver.names']);
    expect(flow.sql).toMatch(/^SELECT "a", "name", "\$topic", "\$partition", "\$offset"/);
    expect(flow.sql).not.toContain('DISTINCT');
  });

  test('keeps the digits of large constants', async () => {
    const datasets = await plan(
      `${bronze}CREATE STREAMING TABLE silver.s AS SELECT 9007199254740993 AS big FROM STREAM bronze.b`,
    );
    expect((datasets.get('silver.s')!.flow as AppendFlow).sql).toContain('9007199254740993');
  });

  test('stores types that Delta lacks in the next one that holds them', async () => {
    const datasets = await plan(
      `CREATE MATERIALIZED VIEW gold.g AS SELECT sum(1) AS s, 'x'::JSON AS j, gen_random_uuid() AS u`,
    );
    expect(datasets.get('gold.g')!.columns.map(({ type }) => type)).toEqual(['DECIMAL(38,0)', 'VARCHAR', 'VARCHAR']);
  });
});

describe('a dry run finds', () => {
  const cases: [title: string, sql: string, code: string, line: number, column: number, says: RegExp][] = [
    [
      'a column that is not there',
      `${bronze}CREATE STREAMING TABLE silver.s AS SELECT valeu FROM STREAM bronze.b`,
      'SQL_INVALID',
      2,
      43,
      /valeu/,
    ],
    [
      'a table that is not there',
      `${bronze}CREATE MATERIALIZED VIEW gold.g AS SELECT *\nFROM silver.nope`,
      'SQL_INVALID',
      3,
      6,
      /silver.nope/,
    ],
    [
      'a wrong type',
      `${bronze}CREATE STREAMING TABLE silver.s AS SELECT é + 1 AS x FROM (SELECT value AS é FROM STREAM bronze.b) WHERE timestamp > 3`,
      'SQL_INVALID',
      2,
      106,
      /./,
    ],
    ['bad SQL', 'CREATE MATERIALIZED VIEW gold.g AS SELECT 1 FRM x', 'SQL_SYNTAX', 1, 49, /syntax error/],
    [
      'a cycle',
      'CREATE MATERIALIZED VIEW gold.a AS SELECT * FROM gold.b;\nCREATE MATERIALIZED VIEW gold.b AS SELECT * FROM gold.a',
      'CYCLE',
      1,
      1,
      /gold\.a reads gold\.b reads gold\.a/,
    ],
    [
      'a name given twice',
      'CREATE MATERIALIZED VIEW gold.a AS SELECT 1 AS x;\nCREATE MATERIALIZED VIEW gold.a AS SELECT 2 AS x',
      'NAME_TWICE',
      2,
      1,
      /line 1/,
    ],
    [
      'a wrong constraint',
      `${bronze}CREATE STREAMING TABLE silver.s (CONSTRAINT c EXPECT (valu <> '')) AS SELECT value FROM STREAM bronze.b`,
      'SQL_INVALID',
      2,
      55,
      /valu/,
    ],
    [
      'a constraint that is no condition',
      `${bronze}CREATE STREAMING TABLE silver.s (CONSTRAINT c EXPECT (1 + 1)) AS SELECT value FROM STREAM bronze.b`,
      'CONSTRAINT_TYPE',
      2,
      55,
      /INTEGER/,
    ],
    [
      'an unknown partition column',
      `${bronze}CREATE STREAMING TABLE silver.s PARTITIONED BY (city) AS SELECT value FROM STREAM bronze.b`,
      'COLUMN_UNKNOWN',
      2,
      49,
      /city/,
    ],
    [
      'a streaming table without a stream',
      `${bronze}CREATE STREAMING TABLE silver.s AS SELECT value FROM bronze.b`,
      'STREAM_MISSING',
      2,
      36,
      /STREAM/,
    ],
    [
      'two streams',
      `${bronze}CREATE STREAMING TABLE silver.s AS SELECT a.key FROM STREAM bronze.b a JOIN STREAM bronze.b b USING (key)`,
      'STREAM_TWICE',
      2,
      77,
      /one STREAM/,
    ],
    [
      'an aggregate over a stream',
      `${bronze}CREATE STREAMING TABLE silver.s AS SELECT count(*) AS n FROM STREAM bronze.b`,
      'STREAM_UNSUPPORTED',
      2,
      36,
      /row by row/,
    ],
    [
      'a window over a stream',
      `${bronze}CREATE STREAMING TABLE silver.s AS SELECT row_number() OVER () AS n FROM STREAM bronze.b`,
      'STREAM_UNSUPPORTED',
      2,
      43,
      /window/,
    ],
    [
      'a LIMIT over a stream',
      `${bronze}CREATE STREAMING TABLE silver.s AS SELECT key FROM STREAM bronze.b LIMIT 3`,
      'STREAM_UNSUPPORTED',
      2,
      36,
      /LIMIT/,
    ],
    [
      'a stream of a view',
      `CREATE MATERIALIZED VIEW gold.g AS SELECT 1 AS x;\nCREATE STREAMING TABLE silver.s AS SELECT x FROM STREAM gold.g`,
      'STREAM_REWRITTEN',
      2,
      50,
      /rewritten/,
    ],
    [
      'a temporary view that a table reads',
      `${bronze}CREATE TEMPORARY VIEW v AS SELECT key FROM STREAM bronze.b; CREATE STREAMING TABLE silver.s AS SELECT key FROM STREAM v`,
      'VIEW_UNSUPPORTED',
      2,
      112,
      /AUTO CDC/,
    ],
    [
      'a column given twice',
      `${bronze}CREATE STREAMING TABLE silver.s AS SELECT key, value AS KEY FROM STREAM bronze.b`,
      'NAME_TWICE',
      2,
      1,
      /'key' twice/,
    ],
    [
      'a type that cannot be stored',
      `CREATE MATERIALIZED VIEW gold.g AS SELECT INTERVAL 1 DAY AS d`,
      'TYPE_UNSTORABLE',
      1,
      1,
      /INTERVAL/,
    ],
    [
      'a watermark without its column',
      `${bronze}CREATE STREAMING TABLE silver.s AS SELECT key FROM STREAM bronze.b WATERMARK at DELAY OF INTERVAL 1 DAY`,
      'COLUMN_UNKNOWN',
      2,
      68,
      /'at'/,
    ],
    ['a table that nothing fills', 'CREATE STREAMING TABLE silver.s', 'TABLE_UNFILLED', 1, 1, /Nothing fills/],
    ['a table in no layer', 'CREATE MATERIALIZED VIEW platinum.p AS SELECT 1 AS x', 'NAME_INVALID', 1, 1, /layer/],
    [
      'a flow whose key is not there',
      `${bronze}CREATE STREAMING TABLE silver.s; CREATE FLOW f AS AUTO CDC INTO silver.s FROM STREAM bronze.b KEYS (id) SEQUENCE BY "offset"`,
      'COLUMN_UNKNOWN',
      2,
      101,
      /'id'/,
    ],
  ];

  test.each(cases)('%s', async (_title, sql, code, line, column, says) => {
    const { ok, problems } = await dryRun(project(sql));
    expect(ok).toBe(false);
    expect(problems.map((each) => [each.code, each.file, each.line, each.column])).toEqual([
      [code, 'pipelines/a.sql', line, column],
    ]);
    expect(problems[0]!.message).toMatch(says);
    expect(problems[0]!.hint).not.toBe('');
  });

  test('each problem once: what depends on something broken is not reported again', async () => {
    const { problems, graph } = await dryRun(
      project(`${bronze}CREATE STREAMING TABLE silver.s AS SELECT nope FROM STREAM bronze.b;
        CREATE MATERIALIZED VIEW gold.g AS SELECT * FROM silver.s;
        CREATE MATERIALIZED VIEW gold.h AS SELECT also_nope FROM bronze.b;`),
    );
    expect(problems.map(({ line }) => line)).toEqual([2, 4]);
    expect(graph.nodes.map(({ id }) => id)).toEqual(['topic:b', 'bronze.b']);
  });

  test('a project without pipelines', async () => {
    await expect(dryRun(join(root, 'nothing'))).rejects.toThrow(/There is no folder/);
  });
});
