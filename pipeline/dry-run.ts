/** `tiffin pipeline dry-run`: everything that can be known without running. */
import { graphOf, type FlowGraph } from './plan/graph.ts';
import { planProject } from './plan/planner.ts';
import { readProject } from './project.ts';
import type { Problem } from './problems.ts';

export interface DryRun {
  readonly ok: boolean;
  readonly problems: readonly Problem[];
  /** What is sound; patterns stand for topics. */
  readonly graph: FlowGraph;
}

export const dryRun = async (dir: string): Promise<DryRun> => {
  const read = await readProject(dir);
  const planned = await planProject(read.project);
  // While a file cannot be read, "no such table" may be its doing.
  const problems = read.problems.length > 0 ? read.problems : planned.problems;
  return { ok: problems.length === 0, problems, graph: graphOf(planned.plan) };
};
