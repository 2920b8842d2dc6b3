/** The platform as one object: the processes, what they report, and what can be asked of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  AuditReport,
  CatalogTable,
  FlowGraph,
  HistoryInput,
  PlatformState,
  Problem,
  ProcessState,
  RefreshInput,
  Sample,
  SavedQuery,
  WorldState,
} from '../contract/index.ts';
import { auditPlatform } from '../audit/index.ts';
import type { Feed } from '../children/roles.ts';
import { TiffinError } from '../errors.ts';
import type { Logs } from '../logs.ts';
import { type Meta, openMeta } from '../meta.ts';
import { topicsOf, wholeGraph } from '../metrics/nodes.ts';
import { createPrometheus } from '../metrics/prometheus.ts';
import { Sampler } from '../metrics/sampler.ts';
import { QueryClient } from '../query/client.ts';
import { SelfWatch } from '../supervisor/index.ts';
import type { Workspace } from '../workspace/index.ts';
import { type ChildName, childNames, createProcesses, type Processes } from './processes.ts';
import { startProcesses, stopProcesses } from './start.ts';

export type { ChildName, Processes } from './processes.ts';

export interface PlatformOptions {
  readonly version: string;
  readonly workspace: Workspace;
  readonly logs: Logs;
  /** Which processes; default all. */
  readonly only?: readonly ChildName[];
  /** Use the well-known ports of gateway and Kafka where they are free. */
  readonly wellKnownPorts: boolean;
}

export interface World {
  start(): Promise<WorldState>;
  pause(): Promise<WorldState>;
  setRate(ratePerSecond: number | null): Promise<WorldState>;
}

export class Platform {
  readonly processes: Processes;
  readonly queries: QueryClient;
  readonly sampler: Sampler;
  readonly meta: Meta;
  readonly logs: Logs;
  readonly workspace: Workspace;
  /** Resolves when all processes are ready; rejects with the first that told why it cannot start. */
  readonly ready: Promise<void>;
  /** Resolves with the gateway's address as soon as events can be sent. */
  readonly gatewayReady: Promise<string>;
  readonly self = new SelfWatch();
  /** Of the embedded Kafka once it listens, or the external one's. */
  brokers: readonly string[];
  /** What the simulator feeds now; it goes on with it after a restart. */
  feed: Feed | null = null;
  readonly #options: PlatformOptions;
  readonly #startedAtMs = Date.now();
  readonly #prometheus = createPrometheus();
  #pipelineGraph: FlowGraph = { nodes: [], edges: [] };
  #gatewayUrl: string | null = null;
  readonly #gateway = Promise.withResolvers<string>();
  #phase: 'live' | 'stopping' = 'live';
  #auditing: Promise<AuditReport> | undefined;

  constructor(options: PlatformOptions) {
    this.#options = options;
    this.logs = options.logs;
    this.workspace = options.workspace;
    const { kafka } = options.workspace.settings;
    this.brokers = kafka.mode === 'external' ? kafka.brokers : [];
    this.meta = openMeta(options.workspace.paths.meta);
    this.processes = createProcesses(options.logs, kafka.mode);
    this.queries = new QueryClient(this.processes.query, options.workspace.paths.exports);
    this.queries.onEnded = (state) => this.meta.remember(state);
    this.sampler = new Sampler(() => this.#processStates());
    this.#listen();
    this.sampler.start();
    this.gatewayReady = this.#gateway.promise;
    this.ready = startProcesses(this, options);
    this.gatewayReady.catch(() => undefined);
    // `up` shows a failed start on the page instead of ending; whoever waits for `ready` still gets it.
    this.ready.catch(() => undefined);
  }

  get children(): readonly ChildName[] {
    const { only = childNames } = this.#options;
    const external = this.workspace.settings.kafka.mode === 'external';
    return childNames.filter((name) => only.includes(name) && !(external && name === 'broker'));
  }

  get gatewayUrl(): string | null {
    return this.#gatewayUrl;
  }

  /** The ingest process listens. */
  setGateway(url: string): void {
    this.#gatewayUrl = url;
    this.#gateway.resolve(url);
  }

  state(): PlatformState {
    const processes = this.#processStates();
    const { settings, paths } = this.workspace;
    return {
      version: this.#options.version,
      workspace: paths.root,
      startedAtMs: this.#startedAtMs,
      phase: this.#phase === 'stopping' ? 'stopping' : phaseOf(processes),
      kafka: { mode: settings.kafka.mode, brokers: this.brokers },
      gatewayUrl: this.gatewayUrl,
      processes,
      world: this.sampler.reports.simulator ?? null,
      nodes: this.sampler.nodes(),
      freshnessMs: this.sampler.freshness(),
      problems: this.#problems(processes),
    };
  }

  graph(): FlowGraph {
    const topics = Object.keys(topicsOf(this.sampler.reports));
    return wholeGraph(this.#pipelineGraph, topics, this.feed?.kind === 'replay' ? 'replay' : 'city');
  }

  async begin(feed: Feed): Promise<void> {
    if (this.gatewayUrl === null) throw new Error('nothing can be fed before the gateway is ready');
    this.feed = feed;
    await this.processes.simulator.ask('begin', { gatewayUrl: this.gatewayUrl, feed }, { retry: true });
  }

  ticks(signal?: AbortSignal): AsyncGenerator<Sample> {
    return this.sampler.ticks(signal);
  }

  samples(input: HistoryInput): Sample[] {
    return this.sampler.history(input);
  }

  kill(name: ChildName): void {
    this.logs.logOf('engine')('warn', `${name} is killed on request`);
    this.processes[name].kill();
  }

  readonly world: World = {
    start: () => this.processes.simulator.ask('start', {}, { retry: true }),
    pause: () => this.processes.simulator.ask('pause', {}, { retry: true }),
    setRate: (ratePerSecond) => this.processes.simulator.ask('setRate', { ratePerSecond }, { retry: true }),
  };

  /** The tables of the lake, with what the pipelines know of them. */
  async catalog(): Promise<CatalogTable[]> {
    const known = new Map(this.#pipelineGraph.nodes.map((node) => [node.name, node]));
    const tables = await this.queries.catalog();
    return tables.map((table) => {
      const node = known.get(table.name);
      if (!node) return table;
      const { kind, layer, comment } = node;
      return { ...table, kind, layer, ...(comment !== undefined && { comment }) };
    });
  }

  /** The user's saved queries, and before them the sample ones of the workspace's `queries/`. */
  savedQueries(): SavedQuery[] {
    const saved = this.meta.saved();
    const names = new Set(saved.map((query) => query.name));
    return [
      ...sampleQueries(join(this.workspace.paths.root, 'queries')).filter(({ name }) => !names.has(name)),
      ...saved,
    ];
  }

  prometheus(): Promise<{ text: string; contentType: string }> {
    return this.#prometheus.text(this.state());
  }

  /** One audit at a time: who asks while one runs gets that one's report. */
  audit(): Promise<AuditReport> {
    const auditing = (this.#auditing ??= auditPlatform(this));
    return auditing.finally(() => {
      this.#auditing = undefined;
    });
  }

  async refresh({ tables, full }: RefreshInput): Promise<void> {
    await this.processes.pipeline.ask('refresh', { tables: tables ?? null, full });
  }

  /** A figure of each process, the engine's own first. */
  perProcess(
    figure: (totals: { readonly cpuMs: number; readonly rssPeakBytes: number }) => number,
  ): Record<string, number> {
    const children = this.children.map((name) => [name, figure(this.processes[name].totals)] as const);
    return Object.fromEntries([['engine', figure(this.self.totals)], ...children]);
  }

  /** Stops all processes in the reverse order of the data, so that each can hand on what it holds. */
  async stop(): Promise<void> {
    this.#phase = 'stopping';
    await stopProcesses(this);
    this.#gateway.reject(new TiffinError('STOPPED', 'The platform was stopped before the gateway was ready.'));
    this.sampler.stop();
    this.meta.close();
  }

  #processStates(): ProcessState[] {
    return [this.self.state(), ...this.children.map((name) => this.processes[name].state)];
  }

  #problems(processes: readonly ProcessState[]): Problem[] {
    const tables = Object.values(this.sampler.nodes()).flatMap((node) => (node.problem ? [node.problem] : []));
    return [...processes.flatMap((process) => (process.problem ? [process.problem] : [])), ...tables];
  }

  #listen(): void {
    const { broker, ingest, simulator, pipeline } = this.processes;
    broker.onMetrics = ({ topics }) => {
      if (topics) this.sampler.report('broker', { topics });
    };
    ingest.onMetrics = (metrics) => this.sampler.report('ingest', metrics);
    simulator.onMetrics = ({ world }) => {
      if (world) this.sampler.report('simulator', world);
    };
    pipeline.onMetrics = (metrics) => {
      this.sampler.report('pipeline', metrics);
      if (metrics.graph) this.#pipelineGraph = metrics.graph;
    };
  }
}

const phaseOf = (processes: readonly ProcessState[]): PlatformState['phase'] => {
  if (processes.some((process) => process.phase === 'failed')) return 'failed';
  return processes.every((process) => process.phase === 'running') ? 'running' : 'starting';
};

const sampleQueries = (dir: string): SavedQuery[] => {
  try {
    return readdirSync(dir)
      .filter((file) => file.endsWith('.sql'))
      .toSorted()
      .map((file) => ({ name: file.slice(0, -'.sql'.length), sql: readFileSync(join(dir, file), 'utf8') }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new TiffinError('QUERIES_UNREADABLE', `The folder ${dir} cannot be read.`, 'Check its permissions.', error);
  }
};
