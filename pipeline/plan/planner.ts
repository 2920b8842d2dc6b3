/**
 * From parsed statements to a plan that can run: every query is bound against the tables before it, its columns and types
 * become the table's, and streaming queries are rewritten to carry positions. All problems are found, not just the first;
 * what depends on something broken is not reported again.
 */
import type { Column } from '../../lake/index.ts';
import type { Body, StreamSource } from '../language/ast.ts';
import { paddedSql, runnableSql } from '../language/render.ts';
import type { SourceFile } from '../language/source.ts';
import type { Problem } from '../problems.ts';
import type { Project } from '../project.ts';
import { charsAt, Checker } from './checker.ts';
import { checkExpectations, checkKeys, checkPartitions, storedColumns } from './checks.ts';
import { findTargets, sortTargets, type Target } from './sources.ts';
import { datasetOf, finalSelect, reads, statics, streamOf } from './parts.ts';
import { carryPosition } from './streaming.ts';
import { parseSql, printSql, quoteName } from './tree.ts';
import {
  kafkaColumns,
  positionColumns,
  streamName,
  type AppendFlow,
  type Dataset,
  type MergeFlow,
  type Plan,
  type Position,
  type ViewFlow,
} from './types.ts';

/** `plan` holds what is sound; it may run as a whole only when there are no problems. */
export const planProject = async (project: Project): Promise<{ plan: Plan; problems: Problem[] }> => {
  const checker = await Checker.open();
  try {
    const found = await findTargets(project.statements, checker);
    const order = sortTargets(found.targets);
    const planner = new Planner(checker, new Set([...found.targets.map(({ name }) => name), ...found.broken]));
    for (const target of order.sorted) await planner.add(target);
    return {
      plan: { datasets: planner.datasets },
      problems: [...found.problems, ...order.problems, ...planner.problems],
    };
  } finally {
    checker.close();
  }
};

class Planner {
  readonly datasets: Dataset[] = [];
  readonly problems: Problem[] = [];
  private readonly checker: Checker;
  private readonly targets: ReadonlySet<string>;

  constructor(checker: Checker, targets: ReadonlySet<string>) {
    this.checker = checker;
    this.targets = targets;
  }

  async add(target: Target): Promise<void> {
    const isBroken = target.reads.some(({ name }) => this.targets.has(name) && this.dataset(name) === undefined);
    if (isBroken) return;
    const before = this.problems.length;
    const dataset = await this.plan(target);
    if (dataset === undefined || this.problems.length > before) return;
    await this.checker.addTable(dataset.name, dataset.columns);
    this.datasets.push(dataset);
  }

  private dataset(name: string): Dataset | undefined {
    return this.datasets.find((each) => each.name === name);
  }

  private async plan(target: Target): Promise<Dataset | undefined> {
    if (target.flow !== undefined) return this.mergeDataset(target);
    if (target.head!.kind === 'materialized view') return this.viewDataset(target);
    return this.appendDataset(target);
  }

  private async viewDataset(target: Target): Promise<Dataset | undefined> {
    const { head, source } = target;
    const body = head!.body!;
    const text = paddedSql(source, body);
    const result = await this.bind(source, body, text);
    if (result === undefined) return undefined;
    const columns = this.keep(storedColumns(head!, result));
    if (columns === undefined) return undefined;
    const shaped = await this.keepAll(checkPartitions(this.checker, head!, columns));
    await this.keepAll(checkExpectations(this.checker, head!, columns));
    const failing = head!.expectations.filter(({ onViolation }) => onViolation === 'fail');
    const refused = head!.expectations.find((each) => !failing.includes(each));
    if (refused !== undefined) {
      const message = 'A constraint of a materialized view can only be ON VIOLATION FAIL UPDATE.';
      const hint = 'Filter in the query, or put the constraint on the streaming table below.';
      this.problems.push(source.problem(refused.at, 'VIEW_CONSTRAINT', message, hint));
    }
    const sql = finalSelect(text, result, shaped);
    const flow: ViewFlow = { kind: 'view', ...this.flowBase(target, target.name, reads(target)), sql, failing };
    return { ...datasetOf(target, shaped), kind: 'materialized view', flow };
  }

  private async appendDataset(target: Target): Promise<Dataset | undefined> {
    const { head, source } = target;
    const body = head!.body!;
    const stream = this.oneStream(source, body, target.at);
    const result = stream && (await this.bind(source, body, paddedSql(source, body)));
    if (stream === undefined || result === undefined) return undefined;
    const carried = await this.carry(source, body, stream);
    const columns = this.keep(storedColumns(head!, result));
    if (carried === undefined || columns === undefined) return undefined;
    const shaped = await this.keepAll(checkPartitions(this.checker, head!, columns));
    await this.keepAll(checkExpectations(this.checker, head!, columns));
    const keys = carried.keys === 'all' ? columns.map(({ name }) => name) : (carried.keys ?? []);
    this.problems.push(...checkKeys(source, body, keys, columns));
    const { watermark } = body;
    const flow: AppendFlow = {
      kind: 'append',
      ...this.flowBase(target, target.name, statics(target, stream)),
      stream: streamOf(stream),
      sql: finalSelect(carried.sql, result, shaped, positionColumns),
      position: this.position(stream),
      expectations: head!.expectations,
      keys,
      ...(watermark && { watermark: { column: watermark.column, delayMs: watermark.delayMs } }),
    };
    return { ...datasetOf(target, shaped), kind: 'streaming table', flow };
  }

  private async mergeDataset(target: Target): Promise<Dataset | undefined> {
    const flow = target.flow!;
    const source = target.view?.source ?? target.source;
    const body = target.view?.body ?? this.bodyOfTable(target);
    if (body === undefined) return undefined;
    const text = target.view === undefined ? `SELECT * FROM ${flow.from.full}` : paddedSql(source, body);
    const stream = this.oneStream(source, body, target.at);
    const result = stream && (await this.bind(source, body, text));
    if (stream === undefined || result === undefined) return undefined;
    const carried = await this.carry(
      source,
      body,
      stream,
      target.view === undefined ? `SELECT * FROM "${streamName}"` : undefined,
    );
    const columns = this.cdcColumns(target, result);
    if (carried === undefined || columns === undefined) return undefined;
    if (flow.deleteWhen !== undefined) await this.checkDelete(target, result);
    const merge: MergeFlow = {
      kind: 'merge',
      ...this.flowBase(target, flow.name.full, statics(target, stream)),
      stream: streamOf(stream),
      sql: finalSelect(carried.sql, result, result, positionColumns),
      position: this.position(stream),
      keys: flow.keys.map(({ name }) => name),
      sequence: flow.sequenceBy.name,
      ...(flow.deleteWhen && { deleteWhen: flow.deleteWhen.sql }),
    };
    return {
      ...datasetOf(target, { columns, partitionBy: [], expressions: [] }),
      kind: 'streaming table',
      flow: merge,
    };
  }

  /** `FROM STREAM schema.table`, without a view in between. */
  private bodyOfTable(target: Target): Body | undefined {
    const { from } = target.flow!;
    if (from.schema === '') {
      const hint = `Write CREATE TEMPORARY VIEW ${from.table} AS SELECT …, or name a table as schema.table.`;
      this.problems.push(
        target.source.problem(from.at, 'SQL_INVALID', `There is no temporary view '${from.table}'.`, hint),
      );
      return undefined;
    }
    const stream: StreamSource = { kind: 'table', name: from, start: from.at, end: from.at + from.full.length };
    return { start: from.at - 'SELECT * FROM '.length, end: from.at + from.full.length, streams: [stream] };
  }

  private oneStream(source: SourceFile, body: Body, at: number): StreamSource | undefined {
    const [first, second] = body.streams;
    const made = first?.kind === 'table' ? this.dataset(first.name.full) : undefined;
    if (first !== undefined && made !== undefined && made.flow.kind !== 'append') {
      const message = `${made.name} cannot be read as a STREAM: its rows are rewritten and not only added to.`;
      const hint = 'Leave STREAM away in a MATERIALIZED VIEW, or stream the table that it is made from.';
      this.problems.push(source.problem(first.start, 'STREAM_REWRITTEN', message, hint));
      return undefined;
    }
    if (first !== undefined && second === undefined) return first;
    this.problems.push(
      first === undefined
        ? source.problem(
            body.start,
            'STREAM_MISSING',
            'A streaming table must read a STREAM.',
            'Write FROM STREAM schema.table, or make it a MATERIALIZED VIEW.',
          )
        : source.problem(
            second?.start ?? at,
            'STREAM_TWICE',
            'A streaming table can read only one STREAM.',
            'Leave STREAM away from the table that is looked up, or make two tables.',
          ),
    );
    return undefined;
  }

  private async bind(source: SourceFile, body: Body, text: string): Promise<Column[] | undefined> {
    const result = await this.checker.columns(source, body.start, text);
    if (result.kind === 'ok') return result.value;
    this.problems.push(result.problem);
    return undefined;
  }

  private async carry(
    source: SourceFile,
    body: Body,
    stream: StreamSource,
    text = runnableSql(source, body, `"${streamName}"`),
  ): Promise<{ sql: string; keys: readonly string[] | 'all' | undefined } | undefined> {
    const parsed = await parseSql(this.checker.sql, text);
    if (parsed.kind === 'failed') throw new Error(`The rewritten query no longer parses: ${parsed.message}`);
    const alias = stream.kind === 'kafka' ? 'read_kafka' : stream.name.table;
    const result = carryPosition(parsed.node, alias);
    if (result.kind === 'refused') {
      const at = body.start + charsAt(text, result.position ?? 0);
      this.problems.push(source.problem(at, 'STREAM_UNSUPPORTED', result.message, result.hint));
      return undefined;
    }
    const sql = await printSql(this.checker.sql, result.node);
    const columns = stream.kind === 'kafka' ? kafkaColumns : this.dataset(stream.name.full)!.columns;
    await this.checker.addTable(streamName, [
      ...columns,
      ...positionColumns.map((name) => ({ name, type: 'VARCHAR' })),
    ]);
    const bound = await this.checker.columns(source, body.start, sql);
    if (bound.kind === 'ok') return { sql, keys: result.keys };
    const message = 'This query cannot run row by row, as a streaming table does: it aggregates or hides its stream.';
    this.problems.push(
      source.problem(
        body.start,
        'STREAM_UNSUPPORTED',
        message,
        'Aggregate in a MATERIALIZED VIEW over the streaming table.',
      ),
    );
    return undefined;
  }

  private cdcColumns(target: Target, result: readonly Column[]): Column[] | undefined {
    const flow = target.flow!;
    const { columns: choice } = flow;
    const names = choice.kind === 'all' ? [] : choice.names;
    const wanted = [
      ...names.map((name) => ({ name, at: choice.kind === 'all' ? flow.at : choice.at })),
      ...flow.keys,
      flow.sequenceBy,
    ];
    for (const { name, at } of wanted) {
      if (result.some((column) => column.name === name)) continue;
      const hint = `It has ${result.map((column) => column.name).join(', ')}.`;
      this.problems.push(target.source.problem(at, 'COLUMN_UNKNOWN', `The changes have no column '${name}'.`, hint));
      return undefined;
    }
    const isKept = ({ name }: Column): boolean =>
      choice.kind === 'all' || names.includes(name) === (choice.kind === 'only') || name === flow.sequenceBy.name;
    const head = target.head ?? { columns: [], source: target.source };
    return this.keep(storedColumns(head, result.filter(isKept)));
  }

  private async checkDelete(target: Target, result: readonly Column[]): Promise<void> {
    const { sql, at } = target.flow!.deleteWhen!;
    await this.checker.addTable('$changes', result);
    const checked = await this.checker.columns(target.source, at, sql, 'SELECT (', ') FROM "$changes"');
    if (checked.kind === 'problem') this.problems.push(checked.problem);
  }

  /** A table that came from Kafka keeps its rows' positions in topic, partition and offset; others have none. */
  private position(stream: StreamSource): Position {
    const columns = stream.kind === 'kafka' ? kafkaColumns : this.dataset(stream.name.full)!.columns;
    const has = (name: string, type: string): string =>
      columns.some((column) => column.name === name && column.type === type) ? quoteName(name) : `NULL::${type}`;
    return { topic: has('topic', 'VARCHAR'), partition: has('partition', 'INTEGER'), offset: has('offset', 'BIGINT') };
  }

  private flowBase(
    target: Target,
    name: string,
    tables: readonly string[],
  ): { name: string; file: string; line: number; tables: readonly string[] } {
    const { file, line } = target.source.place(target.at);
    return { name, file, line, tables };
  }

  private keep<T>(result: { value: T | undefined; problems: readonly Problem[] }): T | undefined {
    this.problems.push(...result.problems);
    return result.value;
  }

  private async keepAll<T>(pending: Promise<{ value: T; problems: readonly Problem[] }>): Promise<T> {
    const { value, problems } = await pending;
    this.problems.push(...problems);
    return value;
  }
}
