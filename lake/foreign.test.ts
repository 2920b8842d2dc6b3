/** Tables of this lake as delta-rs sees them. Needs Python with `deltalake` (`TIFFIN_PYTHON`, or `python3`); says so when it is absent. */
import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { duckdbSql, openLake, scanSql } from './index.ts';
import type { Column, JsonValue, Lake, Sql, Table } from './index.ts';

const python = [process.env['TIFFIN_PYTHON'], 'python3'].find(
  (candidate) => candidate !== undefined && hasDeltaLake(candidate),
);
if (!python)
  console.warn(
    'Skipped: no Python with the package deltalake (set TIFFIN_PYTHON to one, to check that delta-rs reads our tables).',
  );
const foreign = test.skipIf(!python);

function hasDeltaLake(candidate: string): boolean {
  return spawnSync(candidate, ['-c', 'import deltalake, pyarrow'], { stdio: 'ignore' }).status === 0;
}

/** Ended by force: pyarrow's threads sometimes abort an orderly exit. */
const END = `
sys.stdout.flush()
import os
os._exit(0)
`;

const READ = `
import sys, json, datetime
from deltalake import DeltaTable
where = json.loads(sys.argv[1])
table = DeltaTable(where['location'], version=where.get('version'))
if where.get('datetime'): table.load_as_version(where['datetime'])
rows = table.to_pyarrow_table(filters=where.get('filters')).to_pylist()
adds = table.get_add_actions(flatten=True)
adds = adds.to_pylist() if hasattr(adds, 'to_pylist') else __import__('pyarrow').table(adds).to_pylist()
print(json.dumps({
  'version': table.version(),
  'rows': sorted(rows, key=lambda row: json.dumps(row, default=str)),
  'adds': adds,
  'schema': {field.name: json.loads(field.type.to_json()) for field in table.schema().fields},
  'history': [{k: entry.get(k) for k in ('operation', 'version', 'timestamp')} for entry in table.history()],
  'partitions': table.metadata().partition_columns,
  'transaction': table.transaction_version(where.get('app', '')),
}, default=lambda value: value.isoformat() if hasattr(value, 'isoformat') else str(value)))
${END}`;

interface Read {
  version: number;
  rows: Record<string, JsonValue>[];
  adds: Record<string, JsonValue>[];
  schema: Record<string, JsonValue>;
  history: { operation: string; version: number; timestamp: number }[];
  partitions: string[];
  transaction: number | null;
}

function readForeign(where: {
  location: string;
  version?: number;
  datetime?: string;
  filters?: JsonValue;
  app?: string;
}): Read {
  const output = execFileSync(python!, ['-c', READ, JSON.stringify(where)], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return JSON.parse(output) as Read;
}

let root: string;
let sql: Sql;
let close: () => void;
let clockMs: number;
let lake: Lake;

beforeEach(async () => {
  root = await fs.mkdtemp(path.join(os.tmpdir(), "tiffin lake 'ü-"));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  // Statistics and partition values must not depend on the session's time zone.
  await connection.run("SET TimeZone = 'Asia/Kolkata'");
  close = () => {
    connection.closeSync();
    instance.closeSync();
  };
  sql = duckdbSql(connection);
  clockMs = Date.UTC(2024, 5, 1);
  lake = openLake({ root, sql, now: () => clockMs });
});

afterEach(async () => {
  close();
  await fs.rm(root, { recursive: true, force: true });
});

async function commitRows(table: Table, select: string, columns: Column[], partitionBy: string[] = []): Promise<void> {
  const snapshot = await table.snapshot();
  const add = await table.write(select, { columns, partitionBy });
  const readVersion = snapshot?.version ?? -1;
  const shape = snapshot ? { columns } : { columns, partitionBy };
  const result = await table.commit({
    readVersion,
    operation: 'WRITE',
    ...shape,
    add,
    transactions: new Map([['flow/0', readVersion + 1]]),
  });
  expect(result).toEqual({ kind: 'committed', version: readVersion + 1 });
}

const everyType: Column[] = [
  { name: 'id', type: 'BIGINT', nullable: false, comment: "the row's number" },
  { name: 'tiny', type: 'TINYINT' },
  { name: 'usmall', type: 'USMALLINT' },
  { name: 'ubig', type: 'UBIGINT' },
  { name: 'huge', type: 'HUGEINT' },
  { name: 'price', type: 'DECIMAL(10,2)' },
  { name: 'ratio', type: 'DOUBLE' },
  { name: 'single', type: 'FLOAT' },
  { name: 'flag', type: 'BOOLEAN' },
  { name: 'text', type: 'VARCHAR' },
  { name: 'doc', type: 'JSON' },
  { name: 'uid', type: 'UUID' },
  { name: 'bytes', type: 'BLOB' },
  { name: 'day', type: 'DATE' },
  { name: 'instant', type: 'TIMESTAMP WITH TIME ZONE' },
  { name: 'wall', type: 'TIMESTAMP' },
  { name: 'nested', type: 'STRUCT(a INTEGER, "b c" VARCHAR[])' },
  { name: 'map', type: 'MAP(VARCHAR, INTEGER)' },
];

const everyRow = `SELECT i AS id, i::TINYINT AS tiny, 65535::USMALLINT AS usmall, 18446744073709551615::UBIGINT AS ubig, 12345678901234567890123456789::HUGEINT AS huge,
  1.25::DECIMAL(10,2) AS price, i / 3 AS ratio, 1.5::FLOAT AS single, i % 2 = 0 AS flag, 'ünï "quoted" ' || i AS text, '{"a":1}'::JSON AS doc,
  '00000000-0000-0000-0000-00000000000' || i AS uid, '\\xFF'::BLOB AS bytes, DATE '2024-02-29' AS day,
  TIMESTAMPTZ '2024-01-01 00:00:00.123456+00' + to_seconds(i) AS instant, TIMESTAMP '2024-01-01 00:00:00.999999' AS wall,
  {'a': i::INTEGER, 'b c': ['x', NULL]} AS nested, MAP {'k': i::INTEGER} AS map FROM range(3) t(i)`;

foreign('delta-rs reads every type, its statistics and the progress', async () => {
  const table = lake.table('silver.types');
  await commitRows(table, everyRow, everyType);
  const read = readForeign({ location: table.location, app: 'flow/0' });
  expect(read.transaction).toBe(0);
  expect(read.rows).toHaveLength(3);
  expect(read.rows[1]).toMatchObject({
    id: 1,
    tiny: 1,
    usmall: 65535,
    ubig: '18446744073709551615',
    huge: '12345678901234567890123456789',
    price: '1.25',
    flag: false,
    text: 'ünï "quoted" 1',
    doc: '{"a":1}',
    uid: '00000000-0000-0000-0000-000000000001',
    day: '2024-02-29',
    instant: '2024-01-01T00:00:01.123456+00:00',
    wall: '2024-01-01T00:00:00.999999',
    nested: { a: 1, 'b c': ['x', null] },
    map: [['k', 1]],
  });
  expect(read.schema).toMatchObject({
    instant: 'timestamp',
    wall: 'timestamp_ntz',
    huge: 'decimal(38,0)',
    ubig: 'decimal(20,0)',
    uid: 'string',
  });
  expect(read.adds[0]).toMatchObject({
    num_records: 3,
    'min.id': 0,
    'max.id': 2,
    'null_count.id': 0,
    'min.nested.a': 0,
    'max.price': '1.25',
    'min.day': '2024-02-29',
  });
  expect(read.adds[0]!['min.instant']).toMatch(/^2024-01-01T00:00:00\.123/);
  expect(read.adds[0]!['max.instant']).toMatch(/^2024-01-01T00:00:02\.124/);
});

const partitioned: Column[] = [
  { name: 'id', type: 'INTEGER' },
  { name: 'city', type: 'VARCHAR' },
  { name: 'day', type: 'DATE' },
  { name: 'hour', type: 'TIMESTAMP WITH TIME ZONE' },
];
const partitionRows = `SELECT * FROM (VALUES (1, 'a b/ü''%=', DATE '2024-01-01', TIMESTAMPTZ '2024-01-01 10:00:00+00'), (2, NULL, NULL, NULL), (3, 'Pune', DATE '2024-01-02', TIMESTAMPTZ '2024-01-02 11:00:00.5+00'), (4, '', DATE '2024-01-02', NULL)) t(id, city, day, hour)`;

foreign('delta-rs reads partitions with odd values, and prunes by them', async () => {
  const table = lake.table('bronze.partitioned');
  await commitRows(table, partitionRows, partitioned, ['city', 'day', 'hour']);
  const read = readForeign({ location: table.location });
  expect(read.partitions).toEqual(['city', 'day', 'hour']);
  expect(read.rows).toEqual([
    { id: 1, city: "a b/ü'%=", day: '2024-01-01', hour: '2024-01-01T10:00:00+00:00' },
    { id: 2, city: null, day: null, hour: null },
    { id: 3, city: 'Pune', day: '2024-01-02', hour: '2024-01-02T11:00:00.500000+00:00' },
    { id: 4, city: null, day: '2024-01-02', hour: null },
  ]);
  expect(readForeign({ location: table.location, filters: [['city', '=', "a b/ü'%="]] }).rows).toHaveLength(1);
  const snapshot = (await table.snapshot())!;
  const own = await sql.rows(
    `SELECT id, city, day, epoch_ms(hour)::VARCHAR AS ms FROM ${scanSql(table, snapshot.files, partitioned, snapshot.partitionBy)} ORDER BY id`,
  );
  expect(own[0]).toEqual({ id: 1, city: "a b/ü'%=", day: '2024-01-01', ms: String(Date.UTC(2024, 0, 1, 10)) });
  expect(own[2]!['ms']).toBe(String(Date.UTC(2024, 0, 2, 11, 0, 0, 500)));
});

foreign('delta-rs reads a checkpoint when the commits before it are gone, and a column that came later', async () => {
  const table = lake.table('gold.checkpointed');
  const old: Column[] = [{ name: 'id', type: 'BIGINT' }];
  for (let i = 0; i < 7; i++) await commitRows(table, `SELECT ${i} AS id`, old);
  const wider: Column[] = [...old, { name: 'note', type: 'VARCHAR' }];
  for (let i = 7; i < 15; i++) await commitRows(table, `SELECT ${i} AS id, 'n' AS note`, wider);
  const snapshot = (await table.snapshot())!;
  const merged = await table.merge(snapshot, "SELECT 3 AS id, 'merged' AS note", { keys: ['id'] });
  await table.commit({ readVersion: snapshot.version, operation: 'MERGE', add: merged.add, remove: merged.remove });
  for (let i = 0; i < 10; i++)
    await fs.rm(path.join(table.location, '_delta_log', `${String(i).padStart(20, '0')}.json`));
  const { rows, transaction } = readForeign({ location: table.location, app: 'flow/0' });
  expect(transaction).toBe(14);
  expect(rows.map(({ id }) => Number(id)).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 15 }, (_, i) => i));
  expect(rows.find(({ id }) => id === 3)).toEqual({ id: 3, note: 'merged' });
  expect(rows.find(({ id }) => id === 4)).toEqual({ id: 4, note: null });
});

foreign('delta-rs travels to the same versions, by number and by time', async () => {
  const table = lake.table('gold.travelled');
  const columns: Column[] = [{ name: 'id', type: 'BIGINT' }];
  for (let i = 0; i < 4; i++) {
    clockMs = Date.UTC(2024, 5, 1 + i);
    await commitRows(table, `SELECT ${i} AS id`, columns);
  }
  expect(readForeign({ location: table.location, version: 1 }).rows).toHaveLength(2);
  expect((await table.snapshot({ version: 1 }))!.rows).toBe(2);
  const datetime = '2024-06-03T12:00:00Z';
  expect(readForeign({ location: table.location, datetime }).version).toBe(2);
  expect((await table.snapshot({ timestampMs: Date.parse(datetime) }))!.version).toBe(2);
  expect(readForeign({ location: table.location }).history[0]).toMatchObject({
    operation: 'WRITE',
    version: 3,
    timestamp: clockMs,
  });
});

const WRITE = `
import sys, pyarrow as pa, datetime
from deltalake import write_deltalake, DeltaTable
where = sys.argv[1]
for i in range(3):
    write_deltalake(where, pa.table({'id': pa.array([i], pa.int64()), 'at': pa.array([datetime.datetime(2024, 1, 1, i, tzinfo=datetime.timezone.utc)], pa.timestamp('us', 'UTC')), 'city': pa.array(['x y/z' if i else None], pa.string())}), mode='append', partition_by=['city'])
DeltaTable(where).create_checkpoint()
DeltaTable(where).delete('id = 1')
${END}`;

foreign('tables that delta-rs made are read, appended to and merged', async () => {
  const table = lake.table('foreign.made');
  await fs.mkdir(table.location, { recursive: true });
  execFileSync(python!, ['-c', WRITE, table.location]);
  const snapshot = (await table.snapshot())!;
  expect(snapshot).toMatchObject({ version: 3, rows: 2, partitionBy: ['city'] });
  const { columns, partitionBy } = snapshot;
  const add = await table.write("SELECT 7 AS id, now() AS at, 'Pune' AS city", { columns, partitionBy });
  await table.commit({ readVersion: 3, operation: 'WRITE', add });
  const next = (await table.snapshot())!;
  const merge = await table.merge(next, "SELECT 2 AS id, now() AS at, 'Delhi' AS city", { keys: ['id'] });
  expect(merge.counts).toEqual({ inserted: 0, updated: 1, deleted: 0, ignored: 0 });
  await table.commit({ readVersion: 4, operation: 'MERGE', add: merge.add, remove: merge.remove });
  const { rows } = readForeign({ location: table.location });
  expect(rows.map(({ id, city }) => [id, city]).toSorted()).toEqual([
    [0, null],
    [2, 'Delhi'],
    [7, 'Pune'],
  ]);
});

const APPEND = `
import sys, json, pyarrow as pa, datetime
from deltalake import write_deltalake, DeltaTable
table = DeltaTable(sys.argv[1])
write_deltalake(table, pa.table({'id': pa.array([50], pa.int64()), 'wall': pa.array([datetime.datetime(2024, 1, 1)], pa.timestamp('us')), 'city': pa.array(['Goa'], pa.string())}), mode='append')
table.optimize.compact()
table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
${END}`;

foreign('delta-rs appends to our table, compacts and vacuums it, and we go on with our counters', async () => {
  const table = lake.table('silver.shared');
  const columns: Column[] = [
    { name: 'id', type: 'BIGINT' },
    { name: 'wall', type: 'TIMESTAMP' },
    { name: 'city', type: 'VARCHAR' },
  ];
  for (let i = 0; i < 3; i++)
    await commitRows(table, `SELECT ${i} AS id, TIMESTAMP '2024-01-01' AS wall, 'Pune' AS city`, columns, ['city']);
  await table.commit({ readVersion: 2, operation: 'COUNT', counters: { rowsIn: 3 } });
  execFileSync(python!, ['-c', APPEND, table.location]);
  const other = openLake({ root, sql, now: () => clockMs }).table('silver.shared');
  for (const reader of [table, other]) {
    const snapshot = (await reader.snapshot())!;
    expect(snapshot.counters).toEqual({ rowsIn: 3 });
    const rows = await sql.rows(
      `SELECT id::INTEGER AS id FROM ${scanSql(reader, snapshot.files, columns, ['city'])} ORDER BY id`,
    );
    expect(rows.map(({ id }) => id)).toEqual([0, 1, 2, 50]);
  }
});
