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
import { quoteName, quoteTable } from '../query/session/quote.ts';
import { readTopicEnds, type TopicEnds, totalOf } from './kafka.ts';
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
  const lake = await readLake(platform, ends);
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
const readLake = async ({ processes }: Platform, ends: TopicEnds): Promise<LakeFacts> => {
  const inspect = (statements: string[]): ReturnType<typeof processes.query.ask<'inspect'>> =>
    processes.query.ask('inspect', { statements }, again);
  const { tables } = await inspect([]);
  const raw = tables.filter(({ name, columns }) => name.startsWith('bronze.') && isRaw(columns));
  const counts = tables.map(({ name }) => `SELECT count(*) AS n FROM ${quoteTable(name)}`);
  const { rows, tables: now } = await inspect([...counts, ...raw.map(({ name }) => positionsSql(name))]);
  return {
    tables: now,
    counted: Object.fromEntries(tables.map(({ name }, i) => [name, Number(rows[i]?.[0]?.['n'])])),
    bronze: raw.flatMap(({ name }, i) => bronzeCounts(name, rows[tables.length + i] ?? [], ends)),
  };
};

const isRaw = (columns: readonly string[]): boolean =>
  ['topic', 'partition', 'offset'].every((name) => columns.includes(name));

/** By partition: how many rows, and how many different offsets.  */
const positionsSql = (table: string): string =>
  `SELECT topic, ${quoteName('partition')} AS part, count(*) AS n, count(DISTINCT ${quoteName('offset')}) AS positions
   FROM ${quoteTable(table)} GROUP BY ALL`;

const sumOf = (rows: readonly Record<string, JsonValue>[], column: string): number =>
  rows.reduce((total, row) => total + Number(row[column]), 0);

const bronzeCounts = (table: string, rows: readonly Record<string, JsonValue>[], ends: TopicEnds): BronzeCount[] => {
  const topics = Map.groupBy(rows, (row) => String(row['topic']));
  return [...topics]
    .filter(([topic]) => topic in ends)
    .map(([topic, parts]) => ({
      table,
      topic,
      rows: sumOf(parts, 'n'),
      doubled: sumOf(parts, 'n') - sumOf(parts, 'positions'),
    }));
};
