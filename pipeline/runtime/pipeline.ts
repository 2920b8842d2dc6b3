/**
 * The loop: round after round, each flow takes one step, sources before what reads them. A round begins every `triggerMs`,
 * or at once while there is a backlog. Nothing runs at the same time as something else, except that Kafka is read ahead.
 */
import { EventEmitter } from 'node:events';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openLake, type Lake } from '../../lake/index.ts';
import { KafkaClient } from '../kafka/client.ts';
import {
  feedersOfGold,
  graphOf,
  patternsOf,
  quarantineColumns,
  quarantines,
  tablesRead,
  type FlowGraph,
} from '../plan/graph.ts';
import { planProject } from '../plan/planner.ts';
import { quarantineSuffix, type Dataset, type Plan } from '../plan/types.ts';
import { PipelineError, problemOf } from '../problems.ts';
import { loadProject } from '../project.ts';
import { AppendRunner } from './append.ts';
import { endOffsets, hasReached } from './catch-up.ts';
import { Database } from './database.ts';
import { Freshness, ProducedTimes } from './freshness.ts';
import { Maintenance } from './maintenance.ts';
import { MergeRunner } from './merge.ts';
import { quarantineMetrics, tableMetrics, type PipelineMetrics, type TableMetrics } from './metrics.ts';
import { resetChange, withReaders } from './full-refresh.ts';
import type { Runner } from './runner.ts';
import { KafkaBatchSource } from './source.ts';
import { StreamingRunner, type StreamContext } from './streaming-runner.ts';
import { TableHandle } from './table-handle.ts';
import type { Pipeline, PipelineConfig, RefreshResult } from './types.ts';
import { ViewRunner } from './view.ts';

/** Checks the project, creates missing tables and starts the loop. Throws a `PipelineError` when the project is not sound. */
export const startPipeline = async (config: PipelineConfig): Promise<Pipeline> => {
  const { plan, problems } = await planProject(await loadProject(config.projectDir));
  if (problems.length > 0) throw new PipelineError(problems);
  await emptyFolder(config.tmpDir);
  const database = await Database.open({
    tmpDir: config.tmpDir,
    memoryLimitMb: config.memoryLimitMb ?? 400,
    threads: config.threads ?? 2,
  });
  const { lakeRoot: root, durable = true, now, log } = config;
  const lake = openLake({ root, sql: database.sql, now, log, durable });
  const loop = new PipelineLoop(config, plan, database, lake);
  loop.start();
  return loop;
};

const emptyFolder = async (dir: string): Promise<void> => {
  await mkdir(dir, { recursive: true });
  for (const name of await readdir(dir)) await rm(join(dir, name), { recursive: true, force: true });
};

/** Views and upserted tables rewrite their files all the time; without this their old files would fill the disk. */
const rewrittenProperties = { 'delta.deletedFileRetentionDuration': 'interval 1 hours' };

/** A flow that failed so often while someone waits for it will not come right by itself. */
const failuresMax = 3;

class PipelineLoop implements Pipeline {
  private readonly config: PipelineConfig;
  private readonly plan: Plan;
  private readonly database: Database;
  private readonly kafka: KafkaClient;
  private readonly handles = new Map<string, TableHandle>();
  private readonly runners: Runner[];
  private readonly freshness = new Freshness();
  private readonly maintenance: Maintenance;
  private readonly events = new EventEmitter();
  /** Work that must not run beside a round. */
  private readonly tasks: (() => Promise<void>)[] = [];
  private waiting = 0;
  private stopping = false;
  private running: Promise<void> = Promise.resolve();
  private wake: () => void = () => undefined;
  private cycles = 0;
  private lastCycleMs = 0;

  constructor(config: PipelineConfig, plan: Plan, database: Database, lake: Lake) {
    this.config = config;
    this.plan = plan;
    this.database = database;
    this.events.setMaxListeners(0);
    const { log, now, kafka, tmpDir, batchRowsMax = 200_000, batchBytesMax = 64 * 1024 * 1024 } = config;
    const debug = (message: string): void => log('debug', message);
    this.kafka = new KafkaClient({ ...kafka, clientId: 'tiffin-pipeline', now, debug });
    for (const dataset of plan.datasets) this.addHandles(dataset, lake);
    const context: StreamContext = {
      sql: database.sql,
      lake,
      tmpDir,
      log,
      now,
      kafka: this.kafka,
      handle: (name) => this.handles.get(name)!,
      onGold: (produced, nowMs) => this.freshness.record(produced, nowMs),
      limits: { batchRowsMax, batchBytesMax },
      viewDurationsMs: new Map(),
      scaleTo: (rows) => database.scaleTo(rows),
      triggerMs: config.triggerMs ?? 1000,
      feedsGold: feedersOfGold(plan),
    };
    this.runners = plan.datasets.map((dataset) => runnerFor(dataset, context));
    this.maintenance = new Maintenance([...this.handles.values()], log, now);
  }

  start(): void {
    this.running = this.run();
  }

  graph(): FlowGraph {
    return graphOf(this.plan, (dataset) => {
      const runner = this.runnerOf(dataset.name);
      const isKafka = runner instanceof StreamingRunner && runner.source instanceof KafkaBatchSource;
      const topics = isKafka ? (runner.source as KafkaBatchSource).reader.topics() : [];
      return topics.length > 0 ? topics : patternsOf(dataset);
    });
  }

  metrics(): PipelineMetrics {
    const nowMs = this.config.now();
    const tables: Record<string, TableMetrics> = {};
    for (const runner of this.runners) {
      const { name } = runner.dataset;
      tables[name] = tableMetrics(runner, this.handles.get(name)!, nowMs);
      const quarantine = this.handles.get(`${name}${quarantineSuffix}`);
      if (quarantine !== undefined) tables[quarantine.name] = quarantineMetrics(runner, quarantine);
    }
    const away = this.runners.find(({ problem }) => problem?.code === 'KAFKA_AWAY')?.problem;
    const kafka = { reachable: away === undefined, ...(away && { problem: away }) };
    const { cycles, lastCycleMs } = this;
    return { tables, freshnessMs: this.freshness.summary(nowMs), kafka, cycles, lastCycleMs };
  }

  async drain(): Promise<void> {
    await this.urgently(async () => {
      const ends = await endOffsets(this.kafka, this.plan);
      await this.until(this.runners, () => this.runners.every((runner) => hasReached(runner, ends)));
      await this.settle(this.runners);
    });
  }

  async refresh(tables?: readonly string[], { full = false }: { full?: boolean } = {}): Promise<RefreshResult[]> {
    const chosen = this.choose(tables, full);
    await this.urgently(async () => {
      if (full) await this.exclusively(() => this.resetAll(chosen));
      else for (const runner of chosen) if (runner instanceof ViewRunner) runner.forget();
      if (full) await this.drain();
      else await this.settle(chosen);
    });
    return chosen.map(({ dataset: { name } }) => {
      const { rows, version } = this.handles.get(name)!;
      return { table: name, rows, version };
    });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.wake();
    await this.running;
    this.events.emit('round');
    for (const runner of this.runners) await runner.close();
    await this.kafka.close();
    this.database.close();
  }

  private addHandles(dataset: Dataset, lake: Lake): void {
    const { name, columns, partitionBy, flow, comment } = dataset;
    const properties = {
      ...(flow.kind !== 'append' && rewrittenProperties),
      ...(comment !== undefined && { comment }),
      ...dataset.properties,
    };
    this.handles.set(name, new TableHandle(lake.table(name), { columns, partitionBy, properties }));
    if (!quarantines(dataset)) return;
    const shape = { columns: quarantineColumns(dataset), partitionBy: [], properties: {} };
    const quarantine = `${name}${quarantineSuffix}`;
    this.handles.set(quarantine, new TableHandle(lake.table(quarantine), shape));
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      const startMs = this.config.now();
      const isBehind = await this.round();
      this.lastCycleMs = this.config.now() - startMs;
      this.cycles += 1;
      this.events.emit('round');
      if (this.stopping) return;
      if (isBehind || this.tasks.length > 0) continue;
      await this.maintenance.step();
      await this.pause(startMs + (this.config.triggerMs ?? 1000) - this.config.now());
    }
  }

  /** Is there more to do at once? */
  private async round(): Promise<boolean> {
    let isBehind = false;
    for (const task of this.tasks.splice(0)) await task();
    for (const runner of this.runners) {
      if (this.stopping) return false;
      const result = await runner.step({ urgent: this.waiting > 0 });
      if (result === 'worked' && runner instanceof StreamingRunner && runner.hasBacklog) isBehind = true;
    }
    return isBehind;
  }

  private async pause(ms: number): Promise<void> {
    const waitMs = this.waiting > 0 ? Math.min(ms, 20) : ms;
    if (waitMs <= 0 || this.stopping) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** While `work` waits, rounds follow each other at once and nothing is put off. */
  private async urgently(work: () => Promise<void>): Promise<void> {
    this.waiting += 1;
    this.wake();
    try {
      await work();
    } finally {
      this.waiting -= 1;
    }
  }

  private async exclusively(task: () => Promise<void>): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.tasks.push(() => task().then(resolve, reject));
    this.wake();
    await promise;
  }

  /** Waits, round by round; gives up when a flow that is waited for keeps failing. Looks only between rounds. */
  private async until(runners: readonly Runner[], isDone: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => {
      const broken = runners.find(({ failures, state }) => state === 'failed' && failures >= failuresMax);
      if (isDone()) resolve();
      else if (this.stopping) reject(stopped());
      else if (broken !== undefined) reject(new PipelineError(broken.problem!));
    };
    this.events.on('round', look);
    this.wake();
    try {
      await promise;
    } finally {
      this.events.off('round', look);
    }
  }

  /** Every runner, sources first, has read what its sources have as of now. */
  private async settle(runners: readonly Runner[]): Promise<void> {
    for (const runner of runners) {
      const wanted = tablesRead(runner.dataset).map((name) => [name, this.handles.get(name)!.dataVersion] as const);
      await this.until([runner], () => wanted.every(([name, version]) => runner.hasRead(name, version)));
    }
  }

  private choose(tables: readonly string[] | undefined, full: boolean): Runner[] {
    const unknown = tables?.find((name) => this.runnerOf(name) === undefined);
    if (unknown !== undefined) {
      const hint = `There are ${this.plan.datasets.map(({ name }) => name).join(', ')}.`;
      throw new PipelineError({
        code: 'TABLE_UNKNOWN',
        message: `There is no table ${unknown} in the pipelines.`,
        hint,
      });
    }
    const names = new Set(tables ?? this.plan.datasets.map(({ name }) => name));
    const chosen = full ? withReaders(this.plan, names) : names;
    return this.runners.filter(({ dataset }) => chosen.has(dataset.name));
  }

  private async resetAll(runners: readonly Runner[]): Promise<void> {
    for (const runner of runners) {
      await runner.close();
      for (const suffix of ['', quarantineSuffix]) {
        const handle = this.handles.get(`${runner.dataset.name}${suffix}`);
        if (handle === undefined) continue;
        await handle.open();
        await handle.commit(resetChange(handle), new ProducedTimes(), this.config.now());
      }
      runner.restart();
      if (runner instanceof ViewRunner) runner.forget();
    }
  }

  private runnerOf(name: string): Runner | undefined {
    return this.runners.find(({ dataset }) => dataset.name === name);
  }
}

const runnerFor = (dataset: Dataset, context: StreamContext): Runner => {
  const { flow } = dataset;
  if (flow.kind === 'append') return new AppendRunner(dataset, flow, context);
  if (flow.kind === 'merge') return new MergeRunner(dataset, flow, context);
  return new ViewRunner(dataset, flow, context);
};

const stopped = (): PipelineError =>
  new PipelineError(
    problemOf({ code: 'PIPELINE_STOPPED', message: 'The pipeline was stopped meanwhile.', hint: 'Start it again.' }),
  );
