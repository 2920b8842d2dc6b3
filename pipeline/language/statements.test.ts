import { describe, expect, test } from 'vitest';
import type { CdcFlow, MaterializedView, StreamingTable } from './ast.ts';
import { paddedSql } from './render.ts';
import { SourceFile } from './source.ts';
import { parseFile } from './statements.ts';

const parse = (text: string) => parseFile(new SourceFile('a.sql', text));
const one = <T>(text: string): T => {
  const { statements, problems } = parse(text);
  expect(problems).toEqual([]);
  expect(statements).toHaveLength(1);
  return statements[0] as T;
};
const problem = (text: string) => parse(text).problems[0]!;

const streamsOf = (topics: string) =>
  one<StreamingTable>(
    `CREATE OR REFRESH STREAMING TABLE bronze.a AS SELECT * FROM STREAM read_kafka(topics => ${topics}, startingOffsets => 'latest')`,
  ).body!.streams;

const watermarkOf = (interval: string) =>
  one<StreamingTable>(
    `CREATE STREAMING TABLE silver.a AS SELECT x FROM STREAM bronze.b t WATERMARK at DELAY OF INTERVAL ${interval} WHERE x > 1`,
  ).body!.watermark;

describe('a streaming table', () => {
  test('has constraints, columns, partitions, properties, a comment and docs', () => {
    const table = one<StreamingTable>(`-- What it is.
      CREATE OR REFRESH STREAMING TABLE silver.a (
        id BIGINT COMMENT 'the id',
        CONSTRAINT ok EXPECT (id > (1)) ON VIOLATION DROP ROW,
        CONSTRAINT sure EXPECT (id IS NOT NULL),
        CONSTRAINT never EXPECT (id <> 7) ON VIOLATION FAIL UPDATE,
        CONSTRAINT odd EXPECT (id % 2 = 1) ON VIOLATION QUARANTINE
      ) PARTITIONED BY (city, date(at) AS day) COMMENT 'x' TBLPROPERTIES ('a.b' = '1')
      AS SELECT id FROM STREAM bronze.b;`);
    expect(table.name.full).toBe('silver.a');
    expect(table.docs).toBe('What it is.');
    expect(table.comment).toBe('x');
    expect(table.properties).toEqual({ 'a.b': '1' });
    expect(table.columns).toMatchObject([{ name: 'id', type: 'BIGINT', comment: 'the id' }]);
    expect(table.expectations.map(({ name, condition, onViolation }) => [name, condition, onViolation])).toEqual([
      ['ok', 'id > (1)', 'drop'],
      ['sure', 'id IS NOT NULL', 'warn'],
      ['never', 'id <> 7', 'fail'],
      ['odd', 'id % 2 = 1', 'quarantine'],
    ]);
    expect(table.partitionBy).toMatchObject([{ name: 'city' }, { name: 'day', expression: 'date(at)' }]);
    expect(table.body!.streams).toMatchObject([{ kind: 'table', name: { full: 'bronze.b' } }]);
  });

  test('reads Kafka by a name, a pattern or a list of them', () => {
    expect(streamsOf("'order.*'")).toMatchObject([{ kind: 'kafka', topics: ['order.*'], startingOffsets: 'latest' }]);
    expect(streamsOf("['a', 'b.*']")).toMatchObject([{ topics: ['a', 'b.*'] }]);
  });

  test('has a watermark, in any of the ways to write an interval', () => {
    expect(watermarkOf('10 MINUTES')).toMatchObject({ column: 'at', delayMs: 600_000 });
    expect(watermarkOf("'2' HOUR")).toMatchObject({ delayMs: 7_200_000 });
    expect(watermarkOf("'90 seconds'")).toMatchObject({ delayMs: 90_000 });
  });

  test('keeps the length of its query when streams are replaced, so that positions stay true', () => {
    const text = `CREATE STREAMING TABLE silver.a AS SELECT 'STREAM x' AS s FROM STREAM bronze.b AS t WATERMARK at DELAY OF INTERVAL 1 DAY JOIN silver.c USING (id)`;
    const table = one<StreamingTable>(text);
    const padded = paddedSql(table.source, table.body!);
    expect(padded).toHaveLength(table.body!.end - table.body!.start);
    expect(padded.replaceAll(/ +/g, ' ')).toBe(`SELECT 'STREAM x' AS s FROM bronze.b AS t JOIN silver.c USING (id)`);
    expect(padded.indexOf('JOIN')).toBe(text.indexOf('JOIN') - table.body!.start);
  });

  test('may use stream as an ordinary name', () => {
    const table = one<StreamingTable>('CREATE STREAMING TABLE silver.a AS SELECT stream FROM STREAM bronze.stream');
    expect(table.body!.streams).toHaveLength(1);
  });
});

test('a materialized view reads tables', () => {
  const view = one<MaterializedView>(`CREATE OR REFRESH MATERIALIZED VIEW gold.a AS SELECT ';' AS x FROM silver.b`);
  expect(view.kind).toBe('materialized view');
  expect(view.body.streams).toEqual([]);
});

test('a change-data flow has keys, a sequence, a delete condition and columns', () => {
  const flow = one<CdcFlow>(`CREATE FLOW f AS AUTO CDC INTO silver.a FROM STREAM changes KEYS (a, "b")
    APPLY AS DELETE WHEN op = 'd' AND (x) SEQUENCE BY position COLUMNS * EXCEPT (op, position) STORED AS SCD TYPE 1`);
  expect(flow.target.full).toBe('silver.a');
  expect(flow.from).toMatchObject({ schema: '', table: 'changes' });
  expect(flow.keys.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(flow.deleteWhen!.sql).toBe("op = 'd' AND (x)");
  expect(flow.sequenceBy.name).toBe('position');
  expect(flow.columns).toMatchObject({ kind: 'except', names: ['op', 'position'] });
});

test('a file holds several statements, and each of its problems is found', () => {
  const { statements, problems } = parse(`CREATE MATERIALIZED VIEW gold.a AS SELECT 1;
CREATE TABLE gold.b AS SELECT 1;
CREATE MATERIALIZED VIEW gold.c AS SELECT 1;
CREATE MATERIALIZED VIEW d AS SELECT 1;`);
  expect(statements.map(({ name }) => name.full)).toEqual(['gold.a', 'gold.c']);
  expect(problems.map(({ code, line, column }) => [code, line, column])).toEqual([
    ['STATEMENT_UNKNOWN', 2, 8],
    ['NAME_INVALID', 4, 26],
  ]);
});

describe('what is wrong is said with its place and a way out', () => {
  const head = 'CREATE OR REFRESH STREAMING TABLE silver.a AS ';
  test.each([
    ['CREATE STREAMING TABLE silver.a (CONSTRAINT c EXPECT x > 1) AS SELECT 1', 'SQL_SYNTAX', 54],
    ['CREATE STREAMING TABLE silver.a (CONSTRAINT c EXPECT (x > 1) AS SELECT 1', 'SQL_PARENTHESIS_OPEN', 33],
    ['CREATE STREAMING TABLE silver.a (CONSTRAINT c EXPECT (x) ON VIOLATION EXPLODE) AS SELECT 1', 'SQL_SYNTAX', 71],
    [
      'CREATE STREAMING TABLE silver.a (CONSTRAINT c EXPECT (x), CONSTRAINT c EXPECT (y)) AS SELECT 1',
      'NAME_TWICE',
      80,
    ],
    ['CREATE MATERIALIZED VIEW gold.a AS SELECT * FROM STREAM silver.b', 'VIEW_STREAMS', 50],
    [`${head}SELECT * FROM read_kafka(topics => 'a')`, 'SOURCE_UNSUPPORTED', 61],
    [`${head}SELECT * FROM STREAM read_kafka(topic => 'a')`, 'OPTION_UNKNOWN', 79],
    [`${head}SELECT * FROM STREAM read_kafka(startingOffsets => 'latest')`, 'OPTION_MISSING', 68],
    [`${head}SELECT * FROM STREAM b.c WATERMARK at DELAY OF INTERVAL 3 MOONS`, 'INTERVAL_INVALID', 103],
    [`${head}`, 'SQL_SYNTAX', 46],
    [
      'CREATE FLOW f AS AUTO CDC INTO silver.a FROM STREAM b KEYS (k) SEQUENCE BY p STORED AS SCD TYPE 2',
      'SCD_UNSUPPORTED',
      97,
    ],
  ])('%s', (text, code, column) => {
    const found = problem(text);
    expect([found.code, found.line, found.column]).toEqual([code, 1, column]);
    expect(found.message).toMatch(/\.$/);
    expect(found.hint).not.toBe('');
  });
});
