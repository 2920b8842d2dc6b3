/** The pipeline room: SQL files in, Delta tables out, exactly once. */
export { dryRun, type DryRun } from './dry-run.ts';
export { graphOf, type FlowEdge, type FlowGraph, type FlowNode } from './plan/graph.ts';
export { PipelineError, type Problem } from './problems.ts';
export { loadProject, type Project } from './project.ts';
export type { FlowCounters } from './runtime/counters.ts';
export type { FreshnessSummary } from './runtime/freshness.ts';
export type { PipelineMetrics, TableMetrics } from './runtime/metrics.ts';
export { startPipeline } from './runtime/pipeline.ts';
export type { Pipeline, PipelineConfig, RefreshResult } from './runtime/types.ts';
export type { Log } from './log.ts';
