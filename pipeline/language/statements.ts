/**
 * The heads of statements, by recursive descent. The form follows Spark Declarative Pipelines and Databricks Lakeflow:
 * https://docs.databricks.com/aws/en/ldp/developer/sql-ref
 */
import { PipelineError, type Problem } from '../problems.ts';
import type {
  Body,
  CdcFlow,
  DeclaredColumn,
  Expectation,
  MaterializedView,
  OnViolation,
  PartitionItem,
  Statement,
  StreamingTable,
  TableName,
  TemporaryView,
} from './ast.ts';
import { parseBody, parseTableName } from './body.ts';
import { Cursor, endToken, isSymbol, isWord, splitAt } from './cursor.ts';
import type { SourceFile } from './source.ts';
import { tokenize, type Token } from './tokens.ts';

/** Parses a whole file: what could be understood, and the problems of what could not. */
export const parseFile = (source: SourceFile): { statements: Statement[]; problems: Problem[] } => {
  const statements: Statement[] = [];
  const problems: Problem[] = [];
  const attempt = (parse: () => void): void => {
    try {
      parse();
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error;
      problems.push(...error.problems);
    }
  };
  attempt(() => {
    for (const part of splitAt(tokenize(source).slice(0, -1), ';')) {
      if (part.length > 0) attempt(() => statements.push(parseStatement(source, part)));
    }
  });
  return { statements, problems };
};

const statementForms =
  'Statements are CREATE OR REFRESH STREAMING TABLE, CREATE OR REFRESH MATERIALIZED VIEW, CREATE TEMPORARY VIEW and CREATE FLOW.';

const parseStatement = (source: SourceFile, tokens: readonly Token[]): Statement => {
  const cursor = new Cursor(source, [...tokens, endToken(tokens.at(-1)!.end)]);
  const at = cursor.peek().start;
  const base = { source: cursor.source, at, docs: tokens[0]!.comments.join('\n').trim() };
  if (!cursor.acceptWords('CREATE')) throw unknownStatement(cursor);
  if (!cursor.acceptWords('OR', 'REFRESH')) cursor.acceptWords('OR', 'REPLACE');
  if (cursor.acceptWords('STREAMING', 'TABLE')) return parseStreamingTable(cursor, base);
  if (cursor.acceptWords('MATERIALIZED', 'VIEW')) return parseMaterializedView(cursor, base);
  if (cursor.acceptWords('TEMPORARY', 'VIEW') || cursor.acceptWords('TEMP', 'VIEW')) return parseView(cursor, base);
  if (cursor.acceptWords('FLOW')) return parseFlow(cursor, base);
  throw unknownStatement(cursor);
};

const unknownStatement = (cursor: Cursor): PipelineError =>
  cursor.fail(
    cursor.peek(),
    'STATEMENT_UNKNOWN',
    `A pipeline has no statement that goes on with '${cursor.peek().text}' here.`,
    statementForms,
  );

interface Base {
  readonly source: SourceFile;
  readonly at: number;
  readonly docs: string;
}

const parseStreamingTable = (cursor: Cursor, base: Base): StreamingTable => {
  const head = parseDatasetHead(cursor);
  if (cursor.peek().kind === 'end') return { kind: 'streaming table', ...base, ...head };
  return { kind: 'streaming table', ...base, ...head, body: parseAs(cursor) };
};

const parseMaterializedView = (cursor: Cursor, base: Base): MaterializedView => {
  const head = parseDatasetHead(cursor);
  const body = parseAs(cursor);
  const stream = body.streams[0];
  if (stream !== undefined) {
    const hint = 'Leave STREAM away to read the whole table, or make this a STREAMING TABLE.';
    throw base.source.error(stream.start, 'VIEW_STREAMS', 'A materialized view cannot read a STREAM.', hint);
  }
  return { kind: 'materialized view', ...base, ...head, body };
};

const parseView = (cursor: Cursor, base: Base): TemporaryView => {
  const { name } = parseTableName(cursor, "the view's name");
  if (name.schema !== '') {
    const hint = 'Give it one name without a dot.';
    throw base.source.error(name.at, 'NAME_INVALID', 'A temporary view is in no schema.', hint);
  }
  return { kind: 'temporary view', ...base, name, body: parseAs(cursor) };
};

const parseAs = (cursor: Cursor): Body => {
  cursor.expectWords('before the query', 'AS');
  const tokens: Token[] = [];
  while (cursor.peek().kind !== 'end') tokens.push(cursor.next());
  return parseBody(cursor.source, tokens, cursor.peek());
};

/** `schema.table` of a stored dataset. */
const parseStoredName = (cursor: Cursor): TableName => {
  const { name } = parseTableName(cursor, "the table's name");
  if (name.schema === '') {
    const hint = `Put it in a layer, for example silver.${name.table}.`;
    throw cursor.source.error(name.at, 'NAME_INVALID', `'${name.table}' has no schema.`, hint);
  }
  if (!/^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$/i.test(name.full)) {
    const hint = 'Use letters, digits and underscores: the name is also the name of a folder.';
    throw cursor.source.error(name.at, 'NAME_INVALID', `'${name.full}' cannot be a table's name.`, hint);
  }
  return name;
};

type DatasetHead = Pick<StreamingTable, 'name' | 'comment' | 'columns' | 'expectations' | 'partitionBy' | 'properties'>;

const parseDatasetHead = (cursor: Cursor): DatasetHead => {
  cursor.acceptWords('IF', 'NOT', 'EXISTS');
  const name = parseStoredName(cursor);
  const items = cursor.isSymbol('(') ? parseItems(cursor) : { columns: [], expectations: [] };
  let comment: string | undefined;
  let partitionBy: PartitionItem[] = [];
  let properties: Record<string, string> = {};
  while (cursor.peek().kind !== 'end' && !cursor.isWords('AS')) {
    if (cursor.acceptWords('COMMENT')) comment = cursor.expectString('a comment').value;
    else if (cursor.acceptWords('PARTITIONED', 'BY')) partitionBy = parsePartitions(cursor);
    else if (cursor.acceptWords('TBLPROPERTIES')) properties = parseProperties(cursor);
    else throw cursor.expected('COMMENT, PARTITIONED BY, TBLPROPERTIES or AS');
  }
  return { name, ...items, partitionBy, properties, ...(comment !== undefined && { comment }) };
};

const parseItems = (cursor: Cursor): { columns: DeclaredColumn[]; expectations: Expectation[] } => {
  const { inner, close } = cursor.parenthesized('after the name');
  const columns: DeclaredColumn[] = [];
  const expectations: Expectation[] = [];
  for (const part of splitAt(inner, ',')) {
    const item = new Cursor(cursor.source, [...part, endToken(part.at(-1)?.end ?? close.start)]);
    if (item.isWords('CONSTRAINT')) expectations.push(parseExpectation(item));
    else columns.push(parseColumn(item));
    if (item.peek().kind !== 'end') throw item.expected("',' or ')'");
  }
  const twice = expectations.find((each, index) => expectations.findIndex(({ name }) => name === each.name) < index);
  if (twice !== undefined)
    throw cursor.source.error(
      twice.at,
      'NAME_TWICE',
      `There are two constraints '${twice.name}'.`,
      'Rename one of them.',
    );
  return { columns, expectations };
};

const parseExpectation = (cursor: Cursor): Expectation => {
  cursor.expectWords('', 'CONSTRAINT');
  const name = cursor.expectName("the constraint's name");
  cursor.expectWords("after the constraint's name", 'EXPECT');
  const { inner, open, close } = cursor.parenthesized('after EXPECT');
  if (inner.length === 0)
    throw cursor.fail(open, 'SQL_SYNTAX', 'This constraint expects nothing.', 'Write a condition there.');
  const condition = cursor.source.text.slice(open.end, close.start).trim();
  return { name: name.value, condition, at: inner[0]!.start, onViolation: parseOnViolation(cursor) };
};

const parseOnViolation = (cursor: Cursor): OnViolation => {
  if (!cursor.acceptWords('ON')) return 'warn';
  cursor.expectWords('after ON', 'VIOLATION');
  if (cursor.acceptWords('DROP', 'ROW')) return 'drop';
  if (cursor.acceptWords('FAIL', 'UPDATE')) return 'fail';
  if (cursor.acceptWords('QUARANTINE')) return 'quarantine';
  throw cursor.expected('DROP ROW, FAIL UPDATE or QUARANTINE after ON VIOLATION');
};

const parseColumn = (cursor: Cursor): DeclaredColumn => {
  const name = cursor.expectName('a column or CONSTRAINT');
  const typeTokens: Token[] = [];
  while (cursor.peek().kind !== 'end' && !cursor.isWords('COMMENT')) typeTokens.push(cursor.next());
  const comment = cursor.acceptWords('COMMENT') ? cursor.expectString('a comment').value : undefined;
  const [first, last] = [typeTokens[0], typeTokens.at(-1)];
  const type = first === undefined ? undefined : cursor.source.text.slice(first.start, last!.end);
  return { name: name.value, at: name.start, ...(type && { type }), ...(comment !== undefined && { comment }) };
};

const parsePartitions = (cursor: Cursor): PartitionItem[] => {
  const { inner, close } = cursor.parenthesized('after PARTITIONED BY');
  return splitAt(inner, ',').map((part) => {
    const first = part[0];
    const name = part.at(-1);
    const isNamed = name !== undefined && (name.kind === 'word' || name.kind === 'quoted');
    if (first !== undefined && isNamed && part.length === 1) return { name: name.value, at: name.start };
    if (first !== undefined && isNamed && isWord(part.at(-2), 'AS') && part.length > 2) {
      const expression = cursor.source.text.slice(first.start, part.at(-3)!.end);
      return { name: name.value, expression, at: first.start };
    }
    const hint = 'For example PARTITIONED BY (city) or PARTITIONED BY (date(timestamp) AS ingest_date).';
    throw cursor.fail(first ?? close, 'SQL_SYNTAX', 'Expected a column or an expression AS name here.', hint);
  });
};

const parseProperties = (cursor: Cursor): Record<string, string> => {
  const { inner, close } = cursor.parenthesized('after TBLPROPERTIES');
  const pairs = splitAt(inner, ',').map((part) => {
    const pair = new Cursor(cursor.source, [...part, endToken(part.at(-1)?.end ?? close.start)]);
    const key = pair.next();
    if (!pair.acceptSymbol('=')) throw pair.expected("'key' = 'value'");
    return [key.value, pair.next().value] as const;
  });
  return Object.fromEntries(pairs);
};

const parseFlow = (cursor: Cursor, base: Base): CdcFlow => {
  const { name } = parseTableName(cursor, "the flow's name");
  cursor.expectWords("after the flow's name", 'AS');
  if (!cursor.isWords('AUTO', 'CDC')) {
    const hint = 'Write the query in the STREAMING TABLE itself, or use AS AUTO CDC INTO ….';
    throw cursor.fail(cursor.peek(), 'FLOW_UNSUPPORTED', 'Only AUTO CDC flows are supported here.', hint);
  }
  cursor.expectWords('', 'AUTO', 'CDC', 'INTO');
  const target = parseStoredName(cursor);
  cursor.expectWords('after the target', 'FROM', 'STREAM');
  const { name: from } = parseTableName(cursor, 'a table or a temporary view');
  cursor.expectWords('after the source', 'KEYS');
  const { inner } = cursor.parenthesized('after KEYS');
  const keys = splitAt(inner, ',').map(([token]) => ({ name: token?.value ?? '', at: token?.start ?? base.at }));
  const deleteWhen = cursor.acceptWords('APPLY', 'AS', 'DELETE', 'WHEN') ? parseDeleteWhen(cursor) : undefined;
  cursor.expectWords('after the keys', 'SEQUENCE', 'BY');
  const sequence = cursor.expectName('the column that orders the changes');
  const columns = cursor.acceptWords('COLUMNS') ? parseCdcColumns(cursor) : ({ kind: 'all' } as const);
  parseStoredAs(cursor);
  const sequenceBy = { name: sequence.value, at: sequence.start };
  return {
    kind: 'cdc flow',
    ...base,
    name,
    target,
    from,
    keys,
    ...(deleteWhen && { deleteWhen }),
    sequenceBy,
    columns,
  };
};

const parseDeleteWhen = (cursor: Cursor): { sql: string; at: number } => {
  const first = cursor.peek();
  let last = first;
  while (!cursor.isWords('SEQUENCE', 'BY') && cursor.peek().kind !== 'end') last = cursor.next();
  return { sql: cursor.source.text.slice(first.start, last.end), at: first.start };
};

const parseCdcColumns = (cursor: Cursor): CdcFlow['columns'] => {
  const at = cursor.peek().start;
  const except = cursor.acceptSymbol('*');
  if (except) cursor.expectWords('after COLUMNS *', 'EXCEPT');
  const { inner } = cursor.parenthesized('of columns');
  const names = splitAt(inner, ',').map(([token]) => token?.value ?? '');
  return { kind: except ? 'except' : 'only', names, at };
};

const parseStoredAs = (cursor: Cursor): void => {
  if (cursor.acceptWords('STORED')) {
    cursor.expectWords('after STORED', 'AS', 'SCD', 'TYPE');
    const type = cursor.next();
    if (type.value === '2') {
      const message = 'SCD TYPE 2 (one row for each version of a key) is not supported yet.';
      throw cursor.fail(type, 'SCD_UNSUPPORTED', message, 'Use SCD TYPE 1, and query older states by time travel.');
    }
    if (type.value !== '1')
      throw cursor.fail(type, 'SQL_SYNTAX', `There is no SCD TYPE ${type.text}.`, 'Use SCD TYPE 1.');
  }
  if (cursor.peek().kind !== 'end' && !isSymbol(cursor.peek(), ';')) throw cursor.expected("';'");
};
