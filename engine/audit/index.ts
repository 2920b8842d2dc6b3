/**
 * The audit: the ledger against every hop. The platform is brought to rest first (the city paused, changes published, pipelines
 * drained), since only at rest must all counts be the same; afterwards the city goes on.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditReport } from '../contract/index.ts';
import type { CdcCounts } from '../../ingest/index.ts';
import type { JsonValue } from '../../lake/index.ts';
import type { Platform } from '../platform/index.ts';
import type { TableProgress } from '../query/session/index.ts';
import { quoteTable } from '../query/session/quote.ts';
import { readTopicEnds, totalOf } from './kafka.ts';
import { settleLedger } from './settle.ts';
import { auditReport, type BronzeCount, type CdcExpectation } from './lines.ts';

const again = { retry: true } as const;
const settleMsMax = 10_000;

export const auditPlatform = async (platform: Platform): Promise<AuditReport> => {
  const wasRunning = platform.sampler.reports.simulator?.phase === 'running';
  const beganAtMs = performance.now();
  if (wasRunning) await pause(platform);
  try {
    const notes = await settleLedger(platform);
    await drain(platform);
    const report = await audit(platform, notes);
    const pausedMs = Math.round(performance.now() - beganAtMs);
    return wasRunning ? { ...report, pausedMs } : report;
  } finally {
    if (wasRunning) await platform.world.start();
  }
};

/** Pauses the city and waits for the answer to what it posted last. */
const pause = async ({ world }: Platform): Promise<void> => {
  const untilMs = performance.now() + settleMsMax;
  let state = await world.pause();
  while (state.generated !== state.acknowledged && performance.now() < untilMs) {
    await sleep(50);
    state = await world.pause();
  }
};

/** Until everything that is in the shop's database and in Kafka is visible in gold. */
export const drain = async ({ processes }: Platform): Promise<void> => {
  await processes.ingest.ask('cdcDrained', {}, again);
  await processes.pipeline.ask('drain', {}, again);
};

const audit = async (platform: Platform, notes: readonly string[]): Promise<AuditReport> => {
  const { processes, brokers, workspace } = platform;
  const [ledger, ends, cdc, graph] = await Promise.all([
    processes.simulator.ask('ledger', {}, again),
    readTopicEnds(brokers),
    processes.ingest.ask('cdcCounts', {}, again),
    processes.pipeline.ask('graph', {}, again),
  ]);
  const lake = await readLake(platform);
  const comparisons = await processes.query.ask('compare', { oltpPath: workspace.paths.oltp }, again);
  return auditReport({
    atMs: Date.now(),
    ledger: Object.fromEntries(Object.entries(ledger.topics).map(([topic, { acknowledged }]) => [topic, acknowledged])),
    kafka: Object.fromEntries(Object.entries(ends).map(([topic, offsets]) => [topic, totalOf(offsets)])),
    ...lake,
    graph,
    cdc: expectations(cdc),
    comparisons,
    notes,
  });
};

const expectations = ({ tables }: CdcCounts): CdcExpectation[] =>
  Object.entries(tables).map(([table, { topic, bootstrap, changes }]) => ({
    table,
    topic,
    messages: bootstrap + changes,
  }));

interface LakeFacts {
  readonly tables: readonly TableProgress[];
  readonly counted: Readonly<Record<string, number>>;
  readonly bronze: readonly BronzeCount[];
}

/** Counts by reading the tables, not by believing their statistics. */
const readLake = async ({ processes }: Platform): Promise<LakeFacts> => {
  const inspect = (statements: string[]): ReturnType<typeof processes.query.ask<'inspect'>> =>
    processes.query.ask('inspect', { statements }, again);
  const { tables } = await inspect([]);
  const raw = tables
    .filter(({ name, columns }) => name.startsWith('bronze.') && isRaw(columns))
    .map(({ name }) => name);
  const counts = tables.map(({ name }) => `SELECT count(*) AS n FROM ${quoteTable(name)}`);
  const { rows, tables: now } = await inspect([...counts, ...raw.map(positionsSql)]);
  const parts = raw.map((name, i) => ({ name, rows: rows[tables.length + i] ?? [] }));
  const uneven = parts.filter((part) => part.rows.some(({ dense }) => dense !== true)).map(({ name }) => name);
  const { rows: positions } = await inspect(uneven.map(distinctSql));
  return {
    tables: now,
    counted: Object.fromEntries(tables.map(({ name }, i) => [name, Number(rows[i]?.[0]?.['n'])])),
    bronze: parts.flatMap((part) =>
      bronzeCounts(part.name, part.rows, positions[uneven.indexOf(part.name)] ?? part.rows),
    ),
  };
};

const isRaw = (columns: readonly string[]): boolean =>
  ['topic', 'partition', 'offset'].every((name) => columns.includes(name));

/**
 * By partition: how many rows, and are they exactly the offsets 0 to n − 1? Dense offsets have a known greatest one, sum and sum of
 * squares; only where these differ are the different offsets counted, which takes memory by the row.
 */
const positionsSql = (table: string): string =>
  `WITH parts AS (
     SELECT topic, "partition" AS part, count(*)::HUGEINT AS n, max("offset")::HUGEINT AS newest,
       sum("offset"::HUGEINT) AS total, sum("offset"::HUGEINT * "offset") AS squares
     FROM ${quoteTable(table)} GROUP BY ALL)
   SELECT topic, part, n::BIGINT AS n, newest = n - 1 AND total = n * (n - 1) // 2
     AND squares = n * (n - 1) * (2 * n - 1) // 6 AS dense FROM parts`;

const distinctSql = (table: string): string =>
  `SELECT topic, "partition" AS part, count(DISTINCT "offset") AS n FROM ${quoteTable(table)} GROUP BY ALL`;

type Rows = readonly Record<string, JsonValue>[];

const sumOf = (rows: Rows, topic: string): number =>
  rows.filter((row) => row['topic'] === topic).reduce((total, row) => total + Number(row['n']), 0);

/** `positions`: rows whose `n` counts different offsets only. */
const bronzeCounts = (table: string, rows: Rows, positions: Rows): BronzeCount[] =>
  [...new Set(rows.map(({ topic }) => String(topic)))].map((topic) => ({
    table,
    topic,
    rows: sumOf(rows, topic),
    positions: sumOf(positions, topic),
  }));
