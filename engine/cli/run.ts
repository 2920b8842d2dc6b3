/**
 * `tiffin run`: feeds exactly so many events (or a file) through the whole platform, waits until gold has caught up, audits,
 * reports, and stops. On a workspace that holds data already, the figures are this run's; the audit is of everything.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { drain } from '../audit/index.ts';
import { nextSequence, settleLedger } from '../audit/settle.ts';
import type { Feed } from '../children/roles.ts';
import type { AuditReport, RunReport } from '../contract/index.ts';
import { TiffinError, UsageError } from '../errors.ts';
import type { Platform } from '../platform/index.ts';
import { printAudit } from './audit.ts';
import { chooseCity, citySource } from './city.ts';
import { count, exitCodes, narrate, print, printJson, tableText } from './output.ts';
import { type Baseline, figuresSince, takeBaseline } from './figures.ts';
import { type Session, withPlatform } from './session.ts';

export interface RunOptions {
  readonly workspace: string;
  readonly replay?: string;
  readonly scenario?: string;
  readonly events?: number;
  readonly seconds?: number;
  readonly rate?: number | 'max';
  readonly seed?: number;
  readonly json?: boolean;
}

const defaults = { ratePerSecond: 1_000, events: 60_000 } as const;
const again = { retry: true } as const;
const progressEveryMs = 2_000;

export const runCommand = async (options: RunOptions): Promise<number> => {
  checkOptions(options);
  const report = await withPlatform(
    { workspace: options.workspace, ...(options.seed !== undefined && { seed: options.seed }) },
    (session) => Promise.race([runOn(session, options), interrupted(session)]),
  );
  if (options.json === true) printJson(report);
  else printReport(report);
  return report.ok ? exitCodes.done : exitCodes.no;
};

const checkOptions = ({ replay, seconds, rate }: RunOptions): void => {
  if (seconds !== undefined && rate === 'max')
    throw new UsageError(
      'SECONDS_WITHOUT_RATE',
      '--seconds needs a rate in numbers, not max.',
      'Say --events N instead.',
    );
  if (replay !== undefined && !existsSync(replay))
    throw new UsageError('FILE_MISSING', `There is no file ${resolve(replay)}.`, 'Check the path after --replay.');
};

const interrupted = async ({ stopRequested }: Session): Promise<never> => {
  await stopRequested;
  throw new TiffinError(
    'INTERRUPTED',
    'The run was stopped before its end.',
    'The same command goes on with the same workspace.',
  );
};

const runOn = async ({ platform }: Session, options: RunOptions): Promise<RunReport> => {
  const startedAtMs = Date.now();
  // Before anything is fed, and while the others still start: is the file sound?
  if (options.replay !== undefined) await checkFile(platform, options.replay);
  await platform.ready;
  await settleLedger(platform);
  const baseline = await takeBaseline(platform);
  const feed = await feedOf(platform, options);
  narrate(tellFeed(feed, baseline));
  const ticking = setInterval(() => tellProgress(platform, baseline), progressEveryMs);
  try {
    await platform.begin(feed);
    await platform.processes.simulator.ask('done', {}, again);
    await drain(platform);
  } finally {
    clearInterval(ticking);
  }
  const seconds = (performance.now() - baseline.beganAtMs) / 1000;
  const figures = await figuresSince(platform, baseline, seconds);
  narrate('Gold has caught up. Auditing …');
  const audit = await platform.audit();
  const report = { ...figures, ok: audit.ok && audit.lost === 0, lost: audit.lost, audit };
  platform.meta.rememberRun(startedAtMs, report);
  return report;
};

const checkFile = async ({ processes }: Platform, file: string): Promise<void> => {
  const { rows, columns } = await processes.simulator.ask('check', { file: resolve(file) }, again);
  narrate(`${resolve(file)}: ${count(rows)} rows, ${columns.length} columns`);
};

const feedOf = async (platform: Platform, options: RunOptions): Promise<Feed> => {
  if (options.replay !== undefined) return replayFeed(options.replay, options);
  const city = await chooseCity(platform, platform.workspace, options);
  const given = options.rate === 'max' ? null : options.rate;
  const ratePerSecond =
    given === undefined ? (city.ratePerSecond === undefined ? defaults.ratePerSecond : city.ratePerSecond) : given;
  const events = options.events ?? eventsFor(options.seconds, ratePerSecond) ?? city.maxEvents ?? defaults.events;
  const before = await nextSequence(platform, citySource);
  return { kind: 'world', source: citySource, world: city.world, ratePerSecond, untilEvents: before + events };
};

/** Each replay is a source of its own: what the file holds is sent again, and silver sees through it. */
const replayFeed = (file: string, { rate, events, seconds }: RunOptions): Feed => {
  const ratePerSecond = rate === undefined || rate === 'max' ? null : rate;
  const source = `replay-${new Date().toISOString().replaceAll(/[^0-9]/g, '')}`;
  const eventsMax = events ?? eventsFor(seconds, ratePerSecond) ?? null;
  return { kind: 'replay', source, file: resolve(file), ratePerSecond, eventsMax };
};

const eventsFor = (seconds: number | undefined, ratePerSecond: number | null): number | undefined =>
  seconds === undefined || ratePerSecond === null ? undefined : seconds * ratePerSecond;

const tellFeed = (feed: Feed, { produced }: Baseline): string => {
  const rate = feed.ratePerSecond === null ? 'as fast as it goes' : `at ${count(feed.ratePerSecond)} events a second`;
  if (feed.kind === 'replay') return `Replaying ${rate} …`;
  return `Feeding the city (seed ${feed.world.seed}) ${rate}, up to event ${count(feed.untilEvents!)}${produced > 0 ? ` (${count(produced)} are there)` : ''} …`;
};

const tellProgress = ({ sampler }: Platform, { beganAtMs }: Baseline): void => {
  const world = sampler.reports.simulator;
  const lag = Object.values(sampler.reports.pipeline?.tables ?? {}).reduce(
    (sum, table) => sum + (table.lagMessages ?? 0),
    0,
  );
  const elapsed = ((performance.now() - beganAtMs) / 1000).toFixed(0);
  const problem = sampler.reports.ingest?.problem;
  const waiting = problem ? `; waiting: ${problem.message}` : '';
  narrate(
    `  ${elapsed.padStart(4)} s  ${count(world?.acknowledged ?? 0)} events in Kafka, pipelines lag ${count(lag)}${waiting}`,
  );
};

const printReport = (report: RunReport): void => {
  const { freshnessMs } = report;
  const figures: [string, string][] = [
    ['produced', count(report.produced)],
    ['bronze', count(report.bronze)],
    ['silver', count(report.silver)],
    ['quarantined', count(report.quarantined)],
    ['duplicates', count(report.duplicates)],
    ['lost', count(report.lost)],
    ['seconds', report.seconds.toFixed(1)],
    ['events a second', count(report.eventsPerSecond)],
    ['freshness p50, ms', freshnessMs ? count(freshnessMs.p50) : 'unknown'],
    ['freshness p99, ms', freshnessMs ? count(freshnessMs.p99) : 'unknown'],
  ];
  print(tableText(['figure', ''], figures));
  print('');
  print(
    tableText(
      ['gold table', 'rows'],
      Object.entries(report.gold).map(([table, rows]) => [table, count(rows)]),
    ),
  );
  print('');
  print(tableText(['process', 'peak MB', 'cpu %', 'restarts'], processRows(report)));
  print('');
  printAudit(report.audit satisfies AuditReport);
};

const sum = (of: Readonly<Record<string, number>>): number =>
  Object.values(of).reduce((total, value) => total + value, 0);

const processRows = ({ rssMb, cpuPercent, restarts }: RunReport): string[][] => {
  const rows = Object.keys(rssMb).map((name) => [
    name,
    count(rssMb[name]!),
    (cpuPercent[name] ?? 0).toFixed(1),
    String(restarts[name] ?? 0),
  ]);
  return [...rows, ['all', count(sum(rssMb)), sum(cpuPercent).toFixed(1), String(sum(restarts))]];
};
