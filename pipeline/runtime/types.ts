/** What the pipeline is told at its start, and what it can be asked. */
import type { Log } from '../log.ts';
import type { FlowGraph } from '../plan/graph.ts';
import type { PipelineMetrics } from './metrics.ts';

export interface PipelineConfig {
  /** Folder that holds `pipelines/`. */
  readonly projectDir: string;
  readonly lakeRoot: string;
  /** For batches and spilling; what an earlier run left there is deleted. */
  readonly tmpDir: string;
  readonly kafka: { readonly brokers: readonly string[]; readonly ssl?: object | boolean; readonly sasl?: object };
  /** Default 1000. */
  readonly triggerMs?: number;
  /** DuckDB's; default 400. */
  readonly memoryLimitMb?: number;
  readonly threads?: number;
  /** Most rows and bytes that one batch takes; default 200,000 and 64 MiB. */
  readonly batchRowsMax?: number;
  readonly batchBytesMax?: number;
  /** fsync each commit; default true. */
  readonly durable?: boolean;
  readonly log: Log;
  /** Wall clock, in ms. */
  readonly now: () => number;
}

export interface RefreshResult {
  readonly table: string;
  readonly rows: number;
  readonly version: number;
}

export interface Pipeline {
  graph(): FlowGraph;
  metrics(): PipelineMetrics;
  /** Resolves when all that is in Kafka as of the call is visible in every table that depends on it. */
  drain(): Promise<void>;
  /** Brings tables up to date; `full`: from scratch, with everything that reads them. Default: all tables. */
  refresh(tables?: readonly string[], options?: { full?: boolean }): Promise<RefreshResult[]>;
  /** Finishes the batch under way and closes. */
  stop(): Promise<void>;
}
