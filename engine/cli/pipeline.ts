/** `tiffin pipeline dry-run | graph | refresh`. */
import type { FlowGraph } from '../contract/index.ts';
import { runningEngine } from '../workspace/index.ts';
import { callEngine } from './client.ts';
import { exitCodes, narrate, print, printJson, tableText } from './output.ts';
import { existingWorkspace, withPlatform } from './session.ts';

export interface PipelineOptions {
  readonly workspace: string;
  readonly json?: boolean;
}

export const dryRunCommand = async (options: PipelineOptions): Promise<number> => {
  const { paths } = existingWorkspace(options.workspace);
  const { dryRun } = await import('../../pipeline/index.ts');
  const { ok, problems, graph } = await dryRun(paths.root);
  if (options.json === true) printJson({ ok, problems, tables: tablesOf(graph).length });
  else {
    for (const { file, line, column, message, hint } of problems)
      print(`${file === undefined ? '' : `${file}:${line ?? 1}:${column ?? 1}: `}${message}\n  ${hint}`);
    print(
      ok
        ? `${tablesOf(graph).length} tables are sound.`
        : `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}.`,
    );
  }
  return ok ? exitCodes.done : exitCodes.no;
};

export const graphCommand = async (options: PipelineOptions): Promise<number> => {
  const { paths } = existingWorkspace(options.workspace);
  const { dryRun } = await import('../../pipeline/index.ts');
  const { ok, graph } = await dryRun(paths.root);
  if (!ok) narrate('Some pipelines are not sound: tiffin pipeline dry-run tells why.');
  if (options.json === true) printJson(graph);
  else
    print(
      tableText(
        ['table', 'kind', 'reads'],
        tablesOf(graph).map(({ id, name, kind }) => [
          name,
          kind,
          graph.edges
            .filter(({ to }) => to === id)
            .map(({ from }) => from)
            .join(', '),
        ]),
      ),
    );
  return ok ? exitCodes.done : exitCodes.no;
};

const tablesOf = ({ nodes }: Pick<FlowGraph, 'nodes'>): FlowGraph['nodes'] =>
  nodes.filter(({ layer }) => layer !== 'topic');

export const refreshCommand = async (
  tables: readonly string[],
  options: PipelineOptions & { readonly full?: boolean },
): Promise<number> => {
  const { paths } = existingWorkspace(options.workspace);
  const input = { full: options.full ?? false, ...(tables.length > 0 && { tables: [...tables] }) };
  const engine = await runningEngine(paths.root);
  if (engine?.url) await callEngine(engine.url, (api) => api.pipeline.refresh.mutate(input));
  else
    await withPlatform({ workspace: options.workspace, only: ['broker', 'pipeline'] }, async ({ platform }) => {
      await platform.ready;
      await platform.refresh(input);
    });
  const what = tables.length > 0 ? tables.join(', ') : 'All tables';
  if (options.json === true) printJson({ refreshed: tables.length > 0 ? tables : 'all', full: input.full });
  else print(`${what} refreshed.`);
  return exitCodes.done;
};
