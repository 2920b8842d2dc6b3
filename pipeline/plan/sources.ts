/** What each statement makes and reads, and the order in which they can be checked and run. */
import type { CdcFlow, MaterializedView, Statement, StreamingTable, TemporaryView } from '../language/ast.ts';
import { paddedSql } from '../language/render.ts';
import type { SourceFile } from '../language/source.ts';
import type { Problem } from '../problems.ts';
import { charsAt, type Checker } from './checker.ts';
import { parseSql, tablesOf, walk, type Tree } from './tree.ts';

/** A stored table and how it is filled. */
export interface Target {
  readonly name: string;
  readonly source: SourceFile;
  readonly at: number;
  /** Its head: absent for the target of a flow that was not declared. */
  readonly head?: StreamingTable | MaterializedView;
  readonly flow?: CdcFlow;
  /** The view that a flow reads. */
  readonly view?: TemporaryView;
  /** Stored tables that it reads, streams included. */
  readonly reads: readonly { name: string; at: number; source: SourceFile }[];
}

interface Read {
  name: string;
  at: number;
  source: SourceFile;
}

const layers = ['bronze', 'silver', 'gold'];

/** Targets in the order of the files, with what they read; problems of names and syntax, and the targets that have them. */
export const findTargets = async (
  statements: readonly Statement[],
  checker: Checker,
): Promise<{ targets: Target[]; broken: string[]; problems: Problem[] }> => {
  const problems = duplicates(statements);
  const broken: string[] = [];
  const views = new Map(
    statements.filter((each) => each.kind === 'temporary view').map((each) => [each.name.table, each]),
  );
  const heads = new Map(
    statements.filter((each) => each.kind === 'streaming table').map((each) => [each.name.full, each]),
  );
  const targets: Target[] = [];
  for (const statement of statements) {
    if (statement.kind === 'temporary view') continue;
    if (statement.kind === 'streaming table' && statement.body === undefined) {
      if (!statements.some((each) => each.kind === 'cdc flow' && each.target.full === statement.name.full))
        problems.push(unfilled(statement));
      continue;
    }
    const target = statement.kind === 'cdc flow' ? cdcTarget(statement, heads, views) : headTarget(statement);
    if (!layers.includes(target.name.split('.')[0]!)) problems.push(noLayer(target));
    const body = target.view?.body ?? (statement.kind === 'cdc flow' ? undefined : statement.body);
    if (body === undefined) {
      const { from } = statement as CdcFlow;
      targets.push({ ...target, reads: [{ name: from.full, at: from.at, source: statement.source }] });
      continue;
    }
    const source = (target.view ?? statement).source;
    const padded = paddedSql(source, body);
    const parsed = await parseSql(checker.sql, padded);
    if (parsed.kind === 'failed') {
      const at = body.start + charsAt(padded, parsed.position);
      problems.push(source.problem(at, 'SQL_SYNTAX', `This query is no SQL: ${parsed.message}.`, 'Correct it here.'));
      broken.push(target.name);
      continue;
    }
    const unreadable = unknownViews(parsed.node, views, source, body.start, padded);
    if (unreadable.length > 0) {
      problems.push(...unreadable);
      broken.push(target.name);
      continue;
    }
    const reads: Read[] = tablesOf(parsed.node).map(({ name, position }) => ({
      name,
      at: body.start + charsAt(padded, position),
      source,
    }));
    targets.push({ ...target, reads });
  }
  return { targets, broken, problems };
};

/** A temporary view can be read by an AUTO CDC flow only. */
const unknownViews = (
  tree: Tree,
  views: ReadonlyMap<string, TemporaryView>,
  source: SourceFile,
  start: number,
  padded: string,
): Problem[] => {
  const problems: Problem[] = [];
  walk(tree, (node) => {
    if (node.type !== 'BASE_TABLE' || node.schema_name !== '' || !views.has(String(node.table_name))) return;
    const at = start + charsAt(padded, Number(node.query_location));
    const message = `The temporary view '${String(node.table_name)}' can be read by an AUTO CDC flow only.`;
    problems.push(
      source.problem(at, 'VIEW_UNSUPPORTED', message, 'Write its query here, as WITH … or in parentheses.'),
    );
  });
  return problems;
};

const headTarget = (head: StreamingTable | MaterializedView): Target => ({
  name: head.name.full,
  source: head.source,
  at: head.at,
  head,
  reads: [],
});

const cdcTarget = (
  flow: CdcFlow,
  heads: ReadonlyMap<string, StreamingTable>,
  views: ReadonlyMap<string, TemporaryView>,
): Target => {
  const head = heads.get(flow.target.full);
  const view = flow.from.schema === '' ? views.get(flow.from.table) : undefined;
  const base = { name: flow.target.full, source: flow.source, at: flow.at, flow, reads: [] };
  return { ...base, ...(head && { head }), ...(view && { view }) };
};

const unfilled = (table: StreamingTable): Problem =>
  table.source.problem(
    table.at,
    'TABLE_UNFILLED',
    `Nothing fills ${table.name.full}: it has no query and no flow goes into it.`,
    `Add AS SELECT …, or CREATE FLOW … AS AUTO CDC INTO ${table.name.full} ….`,
  );

const noLayer = (target: Target): Problem =>
  target.source.problem(
    target.at,
    'NAME_INVALID',
    `${target.name} is in no layer.`,
    'A table is in bronze (as it came), silver (clean) or gold (ready to use): name it for example silver.x.',
  );

const duplicates = (statements: readonly Statement[]): Problem[] => {
  const seen = new Map<string, Statement>();
  return statements.flatMap((statement) => {
    const key = `${statement.kind === 'cdc flow' ? 'flow ' : ''}${statement.name.full.toLowerCase()}`;
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, statement);
      return [];
    }
    const { file, line } = first.source.place(first.at);
    const message = `${statement.name.full} is already made in ${file}, line ${line}.`;
    return [statement.source.problem(statement.at, 'NAME_TWICE', message, 'Rename or remove one of them.')];
  });
};

/** Each target after those that it reads. A cycle is a problem and its members are left out. */
export const sortTargets = (targets: readonly Target[]): { sorted: Target[]; problems: Problem[] } => {
  const byName = new Map(targets.map((target) => [target.name, target]));
  const state = new Map<string, 'open' | 'done' | 'cyclic'>();
  const sorted: Target[] = [];
  const problems: Problem[] = [];
  const visit = (target: Target, path: readonly string[]): boolean => {
    const seen = state.get(target.name);
    if (seen === 'done') return true;
    if (seen === 'cyclic') return false;
    if (seen === 'open') {
      problems.push(cycle(target, [...path.slice(path.indexOf(target.name)), target.name]));
      state.set(target.name, 'cyclic');
      return false;
    }
    state.set(target.name, 'open');
    const sound = target.reads.map(({ name }) => {
      const read = byName.get(name);
      return read === undefined || visit(read, [...path, target.name]);
    });
    const ok = sound.every(Boolean) && state.get(target.name) === 'open';
    state.set(target.name, ok ? 'done' : 'cyclic');
    if (ok) sorted.push(target);
    return ok;
  };
  for (const target of targets) visit(target, []);
  return { sorted, problems };
};

const cycle = (target: Target, path: readonly string[]): Problem =>
  target.source.problem(
    target.at,
    'CYCLE',
    `${target.name} depends on itself: ${path.join(' reads ')}.`,
    'Break the circle by letting one of them read an earlier table.',
  );
