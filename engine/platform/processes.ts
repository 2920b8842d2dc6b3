/** The five processes: their entry points, their memory, and the order in which they may start. */
import { fileURLToPath } from 'node:url';
import type { ApacheRole, BrokerRole, IngestRole, PipelineRole, QueryRole, SimulatorRole } from '../children/roles.ts';
import { compileCacheDir } from '../compile-cache.ts';
import type { ProcessName } from '../contract/index.ts';
import type { Logs } from '../logs.ts';
import { SupervisedChild } from '../supervisor/index.ts';
import type { Settings } from '../workspace/index.ts';

export type ChildName = Exclude<ProcessName, 'engine'>;
export const childNames: readonly ChildName[] = ['broker', 'ingest', 'pipeline', 'simulator', 'query'];

export interface Processes {
  readonly broker: SupervisedChild<BrokerRole | ApacheRole>;
  readonly simulator: SupervisedChild<SimulatorRole>;
  readonly ingest: SupervisedChild<IngestRole>;
  readonly pipeline: SupervisedChild<PipelineRole>;
  readonly query: SupervisedChild<QueryRole>;
}

/**
 * V8's heap per process, in MB. Small young generations: the rooms keep their data outside the heap, in buffers and DuckDB,
 * and what sockets have read is let go only when the young generation is looked through.
 */
const heaps: Readonly<Record<ChildName, { readonly oldMb: number; readonly semiMb: number }>> = {
  broker: { oldMb: 256, semiMb: 1 },
  simulator: { oldMb: 384, semiMb: 2 },
  ingest: { oldMb: 256, semiMb: 1 },
  pipeline: { oldMb: 384, semiMb: 2 },
  query: { oldMb: 384, semiMb: 1 },
};

/** Warnings that are not ours to mend and would only fill the log; all others are shown. */
const silencedWarnings = ['TimeoutNegativeWarning', 'ExperimentalWarning'];

const entryOf = (file: string): string => fileURLToPath(new URL(`../children/${file}.ts`, import.meta.url));

const environment: NodeJS.ProcessEnv = {
  NODE_COMPILE_CACHE: compileCacheDir,
  // glibc gives each thread a heap of its own, and returns little of it: two are enough.
  ...(process.platform === 'linux' && { MALLOC_ARENA_MAX: '2' }),
};

/** Each running query holds a thread of libuv's pool; pages and completions must find a free one. */
const queryEnvironment: NodeJS.ProcessEnv = { ...environment, UV_THREADPOOL_SIZE: '10' };

/** The flags of Node with which a process runs. */
export const nodeFlagsOf = (name: ChildName): string[] => [
  `--max-old-space-size=${heaps[name].oldMb}`,
  `--max-semi-space-size=${heaps[name].semiMb}`,
  ...silencedWarnings.map((warning) => `--disable-warning=${warning}`),
];

const child = (name: ChildName, logs: Logs, file: string = name): ConstructorParameters<typeof SupervisedChild>[0] => ({
  name,
  entry: entryOf(file),
  execArgv: nodeFlagsOf(name),
  env: name === 'query' ? queryEnvironment : environment,
  logs,
});

export const createProcesses = (logs: Logs, kafka: Settings['kafka']['mode']): Processes => ({
  broker: new SupervisedChild(child('broker', logs, kafka === 'apache' ? 'apache' : 'broker')),
  simulator: new SupervisedChild(child('simulator', logs)),
  ingest: new SupervisedChild(child('ingest', logs)),
  pipeline: new SupervisedChild(child('pipeline', logs)),
  query: new SupervisedChild(child('query', logs)),
});
