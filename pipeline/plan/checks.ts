/** Checks of a table's head against the columns of its query. */
import type { Column } from '../../lake/index.ts';
import type { Body, DeclaredColumn, Expectation, PartitionItem } from '../language/ast.ts';
import type { SourceFile } from '../language/source.ts';
import type { Problem } from '../problems.ts';
import type { Checker } from './checker.ts';
import { storedType } from './stored-type.ts';

interface Head {
  readonly source: SourceFile;
  readonly columns: readonly DeclaredColumn[];
}

interface FullHead extends Head {
  readonly expectations: readonly Expectation[];
  readonly partitionBy: readonly PartitionItem[];
}

/** The query's columns as they are stored, with what the head declares about them. */
export const storedColumns = (
  head: Head,
  result: readonly Column[],
): { value: Column[] | undefined; problems: Problem[] } => {
  const problems = head.columns.flatMap((declared) => {
    if (result.some(({ name }) => name === declared.name)) return [];
    const hint = `It gives ${result.map(({ name }) => name).join(', ')}.`;
    return [head.source.problem(declared.at, 'COLUMN_UNKNOWN', `The query gives no column '${declared.name}'.`, hint)];
  });
  const columns = result.map(({ name, type }): Column => {
    const declared = head.columns.find((each) => each.name === name);
    const stored = storedType(declared?.type ?? type);
    if (stored === undefined) problems.push(unstorable(head, name, type, declared?.at));
    return { name, type: stored ?? type, ...(declared?.comment !== undefined && { comment: declared.comment }) };
  });
  const names = columns.map(({ name }) => name.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) {
    const hint = 'Give each column a name of its own with AS.';
    problems.push(
      head.source.problem(placeOf(head), 'NAME_TWICE', `The query gives the column '${twice}' twice.`, hint),
    );
  }
  return { value: problems.length > 0 ? undefined : columns, problems };
};

const unstorable = (head: Head, name: string, type: string, at: number | undefined): Problem =>
  head.source.problem(
    at ?? placeOf(head),
    'TYPE_UNSTORABLE',
    `Column '${name}' has the type ${type}, which a Delta table cannot hold.`,
    `Cast it, for example ${name}::VARCHAR, or an interval to its length in seconds.`,
  );

const placeOf = (head: Head): number => ('at' in head ? (head as { at: number }).at : 0);

export interface PartitionShape {
  readonly columns: readonly Column[];
  readonly partitionBy: readonly string[];
  readonly expressions: readonly { name: string; sql: string }[];
}

export const checkPartitions = async (
  checker: Checker,
  head: FullHead,
  columns: readonly Column[],
): Promise<{ value: PartitionShape; problems: Problem[] }> => {
  const problems: Problem[] = [];
  const derived: Column[] = [];
  const expressions: { name: string; sql: string }[] = [];
  await checker.addTable('$rows', columns);
  for (const { name, expression, at } of head.partitionBy) {
    const exists = columns.some((column) => column.name === name);
    if (expression === undefined) {
      if (exists) continue;
      const hint = `The table has ${columns.map((column) => column.name).join(', ')}.`;
      problems.push(head.source.problem(at, 'COLUMN_UNKNOWN', `There is no column '${name}' to partition by.`, hint));
      continue;
    }
    const checked = await checker.columns(head.source, at, expression, 'SELECT (', ') AS x FROM "$rows"');
    if (exists)
      problems.push(
        head.source.problem(at, 'NAME_TWICE', `There is a column '${name}' already.`, 'Choose another name.'),
      );
    if (checked.kind === 'problem') problems.push(checked.problem);
    else derived.push({ name, type: storedType(checked.value[0]!.type) ?? 'VARCHAR' });
    expressions.push({ name, sql: expression });
  }
  const sqlOf = (column: Column): { name: string; sql: string } => {
    const { sql } = expressions.find(({ name }) => name === column.name)!;
    return { name: column.name, sql: `CAST(${sql} AS ${column.type})` };
  };
  const partitionBy = head.partitionBy.map(({ name }) => name);
  return { value: { columns: [...columns, ...derived], partitionBy, expressions: derived.map(sqlOf) }, problems };
};

export const checkExpectations = async (
  checker: Checker,
  head: FullHead,
  columns: readonly Column[],
): Promise<{ value: undefined; problems: Problem[] }> => {
  const problems: Problem[] = [];
  await checker.addTable('$rows', columns);
  for (const { name, condition, at } of head.expectations) {
    const checked = await checker.columns(head.source, at, condition, 'SELECT (', ') AS x FROM "$rows"');
    if (checked.kind === 'problem') problems.push(checked.problem);
    else if (checked.value[0]!.type !== 'BOOLEAN') {
      const message = `The constraint '${name}' gives ${checked.value[0]!.type}, not true or false.`;
      problems.push(head.source.problem(at, 'CONSTRAINT_TYPE', message, 'Compare it with something.'));
    }
  }
  return { value: undefined, problems };
};

/** DISTINCT ON and WATERMARK need columns that the table stores: its state is rebuilt from there. */
export const checkKeys = (
  source: SourceFile,
  body: Body,
  keys: readonly string[],
  columns: readonly Column[],
): Problem[] => {
  const find = (name: string): Column | undefined => columns.find((column) => column.name === name);
  const missing = keys.filter((key) => find(key) === undefined);
  const problems = missing.map((key) =>
    source.problem(
      body.start,
      'COLUMN_UNKNOWN',
      `DISTINCT ON needs '${key}', which the query does not give.`,
      'Select it, too.',
    ),
  );
  const { watermark } = body;
  if (watermark === undefined) return problems;
  const column = find(watermark.column);
  const hint = `Select it as a TIMESTAMPTZ, for example try_cast(value->>'event_time' AS TIMESTAMPTZ) AS ${watermark.column}.`;
  if (column === undefined)
    problems.push(
      source.problem(
        watermark.start,
        'COLUMN_UNKNOWN',
        `The query gives no column '${watermark.column}' for the WATERMARK.`,
        hint,
      ),
    );
  else if (!column.type.startsWith('TIMESTAMP'))
    problems.push(
      source.problem(watermark.start, 'WATERMARK_TYPE', `'${watermark.column}' is ${column.type}, not a time.`, hint),
    );
  return problems;
};
