/** `tiffin run` with the simulated city: exactly so many events, audited at every hop; and again on the same workspace. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunReport } from '../engine/contract/index.ts';
import { reportOf, temporaryDir, tiffin } from './run-harness.ts';

let dir: ReturnType<typeof temporaryDir>;
let report: RunReport;
const on = (...args: string[]): ReturnType<typeof tiffin> => tiffin(...args, '--workspace', dir.path);
const sql = async (query: string): Promise<unknown> => JSON.parse((await on('sql', query, '--json')).stdout) as unknown;

beforeAll(async () => {
  dir = temporaryDir();
  report = reportOf(await on('run', '--events', '20000', '--rate', 'max', '--json'));
}, 180_000);
afterAll(() => dir.remove());

describe('a run of 20,000 events', () => {
  test('reports exactly these, through bronze to silver, with nothing lost', () => {
    expect(report.audit.lines.filter(({ ok }) => !ok)).toEqual([]);
    expect(report).toMatchObject({
      ok: true,
      produced: 20_000,
      bronze: 20_000,
      silver: 20_000,
      quarantined: 0,
      duplicates: 0,
      lost: 0,
    });
    expect(Object.keys(report.gold)).toContain('gold.orders_by_city_5min');
    expect(report.freshnessMs).not.toBeNull();
    expect(Object.keys(report.rssMb)).toEqual(['engine', 'broker', 'ingest', 'pipeline', 'simulator', 'query']);
    for (const megabytes of Object.values(report.rssMb)) expect(megabytes).toBeGreaterThan(30);
  });

  test('audits the ledger, the change log and the copies of the tables', () => {
    const checks = new Set(report.audit.lines.map(({ check }) => check));
    expect([...checks].toSorted()).toEqual([
      'changes of a table',
      'events of a topic',
      'rows handed over',
      'rows of a copy',
      'rows of a flow',
      'rows of a table',
    ]);
    const copies = report.audit.lines.filter(({ check }) => check === 'rows of a copy').map(({ subject }) => subject);
    expect(copies).toContain('silver.orders_current');
  });

  test('leaves tables that SQL reads while nothing runs, with exact numbers', async () => {
    expect(
      await sql('SELECT count(*) AS n, 9007199254740993 AS big FROM silver.rider_pings WHERE rider_id IS NOT NULL'),
    ).toEqual([{ n: expect.any(Number) as number, big: 9007199254740992 }]);
    const { stdout } = await on('sql', 'SELECT 9007199254740993 AS big', '--json');
    expect(stdout).toBe('[{"big":9007199254740993}]\n');
  });

  test('can be looked at: graph and dry run of its pipelines', async () => {
    const graph = await on('pipeline', 'graph', '--json');
    expect((JSON.parse(graph.stdout) as { nodes: { id: string }[] }).nodes.map(({ id }) => id)).toContain(
      'silver.orders',
    );
    const dryRun = await on('pipeline', 'dry-run', '--json');
    expect(JSON.parse(dryRun.stdout)).toMatchObject({ ok: true, problems: [] });
  });
});

test(
  'a second run on the same workspace goes on where the first ended, and reports its own events only',
  { timeout: 180_000 },
  async () => {
    const second = reportOf(await on('run', '--events', '5000', '--rate', 'max', '--json'));
    expect(second.audit.lines.filter(({ ok }) => !ok)).toEqual([]);
    expect(second).toMatchObject({ ok: true, produced: 5_000, bronze: 5_000, silver: 5_000, lost: 0 });
    expect(
      await sql(
        'SELECT count(DISTINCT event_id) AS events FROM (SELECT event_id FROM silver.orders UNION ALL SELECT event_id FROM silver.rider_pings)',
      ),
    ).toEqual([{ events: expect.any(Number) as number }]);
  },
);

test('a table is refreshed from scratch and is the same again', { timeout: 180_000 }, async () => {
  const query = 'SELECT count(*) AS n, sum(hash(event_id)) AS h FROM silver.orders';
  const before = await on('sql', query, '--json');
  const refreshed = await on('pipeline', 'refresh', 'silver.orders', '--full');
  expect(refreshed).toMatchObject({ code: 0 });
  expect((await on('sql', query, '--json')).stdout).toBe(before.stdout);
});

test('the same seed gives the same events in another workspace', { timeout: 180_000 }, async () => {
  const other = temporaryDir();
  try {
    await tiffin('run', '--events', '2000', '--rate', 'max', '--seed', '42', '--json', '--workspace', other.path);
    const query = `SELECT md5(string_agg(value, '' ORDER BY topic, value)) AS h FROM (FROM bronze.orders ORDER BY value)
      WHERE json_extract_string(value, '$.event_id') IN (SELECT event_id FROM silver.orders)`;
    const here = `WITH first AS (SELECT value, topic FROM bronze.orders ORDER BY partition, "offset") SELECT count(*) AS n FROM first`;
    expect((await tiffin('sql', here, '--json', '--workspace', other.path)).code).toBe(0);
    expect((await tiffin('sql', query, '--json', '--workspace', other.path)).code).toBe(0);
    const settings = JSON.parse(readFileSync(join(other.path, 'tiffin.json'), 'utf8')) as object;
    expect(settings).toMatchObject({ format: 1, seed: 42, world: { seed: 42 } });
    const ids = 'SELECT event_id FROM silver.orders ORDER BY ALL';
    const theirs = JSON.parse((await tiffin('sql', ids, '--json', '--workspace', other.path)).stdout) as {
      event_id: string;
    }[];
    const ours = new Set(((await sql(ids)) as { event_id: string }[]).map(({ event_id }) => event_id));
    expect(theirs.length).toBeGreaterThan(100);
    expect(theirs.filter(({ event_id }) => !ours.has(event_id))).toEqual([]);
  } finally {
    other.remove();
  }
});
