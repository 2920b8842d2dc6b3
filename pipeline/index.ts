/** The pipeline room: SQL files in, Delta tables out, exactly once. */
export { dryRun, type DryRun } from './dry-run.ts';
export { graphOf, type FlowEdge, type FlowGraph, type FlowNode } from './plan/graph.ts';
export { PipelineError, type Problem } from './problems.ts';
export { loadProject, type Project } from './project.ts';
