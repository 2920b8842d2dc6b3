/**
 * The lake against a model: random sequences of appends, overwrites, merges, compactions and vacuums, with a crash at any write of the storage.
 * After each step the table must hold exactly what the model does: a change is there as a whole, or not at all.
 */
import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { duckdbSql, openLake, scanSql } from './index.ts';
import type { Change, Column, CommitResult, Sql, Table } from './index.ts';
import { faultyStorage, InjectedFault, memoryStorage } from './storage-memory.ts';
import type { Fault } from './storage-memory.ts';

const columns: Column[] = [
  { name: 'k', type: 'INTEGER' },
  { name: 'p', type: 'VARCHAR' },
  { name: 's', type: 'BIGINT' },
];

interface Row {
  k: number;
  p: string;
  s: number;
}

type Step =
  | { kind: 'append'; rows: Row[] }
  | { kind: 'overwrite'; rows: Row[] }
  | { kind: 'merge'; rows: Row[]; deleteAbove: number }
  | { kind: 'optimize' }
  | { kind: 'vacuum' }
  | { kind: 'reopen' };

const row = fc.record({ k: fc.nat(30), p: fc.constantFrom('a', "b'/x", 'ü %'), s: fc.nat(50) });
const uniqueRows = fc.uniqueArray(row, { selector: ({ k }) => k, maxLength: 8 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('append' as const), rows: uniqueRows }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('overwrite' as const), rows: uniqueRows }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('merge' as const),
      rows: fc.array(row, { maxLength: 8 }),
      deleteAbove: fc.integer({ min: 20, max: 60 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'optimize' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'vacuum' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
);
/** How many writes go well, and how the next one fails. */
const crash = fc.record({ afterWrites: fc.nat(12), fault: fc.constantFrom<Fault>('before', 'after') });

let sql: Sql;
let close: () => void;
let scratch: string;
let runs = 0;

beforeAll(async () => {
  scratch = await fs.mkdtemp(path.join(os.tmpdir(), "tiffin model '[ü]-"));
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  sql = duckdbSql(connection);
  close = () => {
    connection.closeSync();
    instance.closeSync();
  };
});

afterAll(async () => {
  close();
  await fs.rm(scratch, { recursive: true, force: true });
});

/** So that vacuum finds every file old enough. */
const aheadMs = (): number => Date.now() + 1000;

const values = (rows: Row[]): string =>
  rows.length === 0
    ? 'SELECT 1 AS k, NULL AS p, 2 AS s WHERE false'
    : `SELECT * FROM (VALUES ${rows.map(({ k, p, s }) => `(${k}, '${p.replaceAll("'", "''")}', ${s})`).join(', ')}) t(k, p, s)`;

const text = (rows: Iterable<Row>): string[] => [...rows].map(({ k, p, s }) => `${k}|${p}|${s}`).toSorted();

async function contents(table: Table): Promise<string[]> {
  const snapshot = (await table.snapshot())!;
  const rows = await sql.rows(
    `SELECT k || '|' || p || '|' || s AS t FROM ${scanSql(table, snapshot.files, snapshot.columns, snapshot.partitionBy)}`,
  );
  expect(snapshot.rows).toBe(rows.length);
  return rows.map(({ t }) => String(t)).toSorted();
}

/** What the table holds after a merge: per key the greatest sequence, unless the condition deletes it. */
function merged(before: Row[], source: Row[], deleteAbove: number): Row[] {
  const target = new Map(before.map((row) => [row.k, row]));
  const newest = new Map<number, Row>();
  for (const row of source) if ((newest.get(row.k)?.s ?? -1) < row.s) newest.set(row.k, row);
  for (const row of newest.values()) {
    const old = target.get(row.k);
    if (old && old.s > row.s) continue;
    if (row.s > deleteAbove) target.delete(row.k);
    else target.set(row.k, row);
  }
  return [...target.values()];
}

/** Equal sequences of one key have no winner, so they are not tried. */
const withoutTies = (rows: Row[]): Row[] => [...new Map(rows.map((row) => [`${row.k}/${row.s}`, row])).values()];

async function commitMerge(table: Table, rows: Row[], deleteAbove: number): Promise<CommitResult> {
  const snapshot = (await table.snapshot())!;
  const spec = { keys: ['k'], sequence: 's', deleteWhen: `s > ${deleteAbove}` };
  const { add, remove } = await table.merge(snapshot, values(withoutTies(rows)), spec);
  return await table.commit({ readVersion: snapshot.version, operation: 'MERGE', add, remove });
}

async function commitRows(table: Table, rows: Row[], partitionBy: string[], overwrite: boolean): Promise<CommitResult> {
  const add = await table.write(values(rows), { columns, partitionBy });
  const change: Change = { readVersion: (await table.snapshot())!.version, operation: 'WRITE', add, overwrite };
  return await table.commit(change);
}

/** The model after the step, and the step itself. */
function plan(
  step: Step,
  before: Row[],
): { after: Row[]; run: (table: Table, partitionBy: string[]) => Promise<unknown> } {
  switch (step.kind) {
    case 'append': {
      // Keys stay unique, as merging presumes.
      const fresh = step.rows.filter(({ k }) => before.every((row) => row.k !== k));
      return {
        after: [...before, ...fresh],
        run: (table, partitionBy) => commitRows(table, fresh, partitionBy, false),
      };
    }
    case 'overwrite':
      return { after: step.rows, run: (table, partitionBy) => commitRows(table, step.rows, partitionBy, true) };
    case 'merge':
      return {
        after: merged(before, withoutTies(step.rows), step.deleteAbove),
        run: (table) => commitMerge(table, step.rows, step.deleteAbove),
      };
    case 'optimize':
      return { after: before, run: (table) => table.optimize({ filesMin: 2 }) };
    case 'vacuum':
      return { after: before, run: (table) => table.vacuum({ retentionMs: 0, force: true }) };
    case 'reopen':
      return { after: before, run: async () => undefined };
  }
}

test('holds what the model holds after any sequence of changes and crashes', { timeout: 120_000 }, async () => {
  const script = fc.record({
    partitionBy: fc.constantFrom<string[]>([], ['p']),
    steps: fc.array(fc.record({ step, crash: fc.option(crash, { freq: 2 }) }), { minLength: 4, maxLength: 24 }),
  });
  await fc.assert(
    fc.asyncProperty(script, async ({ partitionBy, steps }) => {
      const root = path.join(scratch, String(runs++));
      const storage = memoryStorage(root);
      let writesLeft = Infinity;
      let fault: Fault = 'none';
      const faulty = faultyStorage(storage, () => (writesLeft-- === 0 ? fault : 'none'));
      const open = () => openLake({ root, sql, storage: faulty, now: aheadMs }).table("silver.it's ü");
      let table = open();
      await table.commit({
        readVersion: -1,
        operation: 'CREATE',
        columns,
        partitionBy,
        properties: { 'delta.checkpointInterval': '3' },
      });
      let model: Row[] = [];
      for (const { step, crash } of steps) {
        const { after, run } = plan(step, model);
        [writesLeft, fault] = crash ? [crash.afterWrites, crash.fault] : [Infinity, 'none'];
        const isCrash = await run(table, partitionBy).then(
          () => false,
          (error: unknown) => isInjected(error),
        );
        [writesLeft, fault] = [Infinity, 'none'];
        if (isCrash) storage.crash();
        if (isCrash || step.kind === 'reopen') table = open();
        const found = await contents(table);
        if (!isCrash) expect(found).toEqual(text(after));
        else expect([text(model), text(after)]).toContainEqual(found);
        model = JSON.stringify(found) === JSON.stringify(text(after)) ? after : model;
      }
      await fs.rm(root, { recursive: true, force: true });
    }),
    { numRuns: 25 },
  );
});

/** Any other error is a failure of the test. */
function isInjected(error: unknown): true {
  if (error instanceof InjectedFault) return true;
  throw error;
}

test('lets exactly one of several committers win each version', async () => {
  const root = path.join(scratch, 'race');
  const writers = Array.from({ length: 6 }, () => openLake({ root, sql, now: Date.now }).table('gold.race'));
  await writers[0]!.commit({ readVersion: -1, operation: 'CREATE', columns });
  const wins = new Map<number, number>();
  await Promise.all(
    writers.map(async (table, writer) => {
      for (let done = 0; done < 5;) {
        const { version } = (await table.snapshot())!;
        const result = await table.commit({
          readVersion: version,
          operation: 'WRITE',
          transactions: new Map([[`w${writer}`, done]]),
        });
        if (result.kind === 'conflict') {
          expect(result.version).toBeGreaterThan(version);
          continue;
        }
        expect(wins.has(result.version)).toBe(false);
        wins.set(result.version, writer);
        done++;
      }
    }),
  );
  expect([...wins.keys()].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  const history = await writers[0]!.history(1000);
  expect(history.map(({ version }) => version)).toEqual(Array.from({ length: 31 }, (_, i) => 30 - i));
});

/** A process of its own: commits until it has won five times, and tells the versions that it won. */
const COMMITTER = `
const { DuckDBInstance } = await import('@duckdb/node-api');
const { duckdbSql, openLake } = await import(process.argv[1]);
const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
const table = openLake({ root: process.argv[2], sql: duckdbSql(connection), now: Date.now }).table('gold.raced');
const won = [];
while (won.length < 5) {
  const { version } = await table.snapshot();
  const result = await table.commit({ readVersion: version, operation: 'WRITE', transactions: new Map([['w' + process.pid, won.length]]) });
  if (result.kind === 'committed') won.push(result.version);
}
console.log(JSON.stringify(won));
`;

test('lets exactly one of several processes win each version', async () => {
  const root = path.join(scratch, 'processes');
  await openLake({ root, sql, now: Date.now })
    .table('gold.raced')
    .commit({ readVersion: -1, operation: 'CREATE', columns });
  const room = pathToFileURL(path.join(import.meta.dirname, 'index.ts')).href;
  const run = promisify(execFile);
  const args = ['--input-type=module', '--eval', COMMITTER, room, root];
  const outputs = await Promise.all([1, 2, 3].map(() => run(process.execPath, args, { cwd: import.meta.dirname })));
  const won = outputs.flatMap(({ stdout }) => JSON.parse(stdout) as number[]);
  expect(won.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
});
