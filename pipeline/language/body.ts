/**
 * The SELECT of a statement. What DuckDB's grammar does not know is taken out here, at token level:
 * `STREAM read_kafka(…)`, `STREAM schema.table`, `WATERMARK column DELAY OF INTERVAL …`.
 * Everything else is left to DuckDB's own parser.
 */
import type { Body, KafkaSource, StreamSource, TableName, TableStreamSource, Watermark } from './ast.ts';
import { Cursor, endToken, isWord, splitAt } from './cursor.ts';
import type { SourceFile } from './source.ts';
import type { Token } from './tokens.ts';

/** `tokens`: the whole SELECT without the closing semicolon. */
export const parseBody = (source: SourceFile, tokens: readonly Token[], after: Token): Body => {
  const [first, last] = [tokens[0], tokens.at(-1)];
  if (first === undefined || last === undefined)
    throw source.error(
      after.start,
      'SQL_SYNTAX',
      'Expected a SELECT after AS, but the statement ends.',
      'Write the query there.',
    );
  const streams: StreamSource[] = [];
  let watermark: Watermark | undefined;
  const skipTo = (at: number, end: number): number => {
    const next = tokens.findIndex((token) => token.start >= end);
    return next < 0 ? tokens.length : Math.max(next, at + 1);
  };
  for (let at = 0; at < tokens.length;) {
    const cursor = new Cursor(source, [...tokens.slice(at), endToken(last.end)]);
    if (isStream(tokens, at)) {
      const stream = parseStream(cursor);
      streams.push(stream);
      at = skipTo(at, stream.end);
    } else if (cursor.isWords('WATERMARK') && isWord(cursor.peek(2), 'DELAY')) {
      if (watermark !== undefined)
        throw cursor.fail(cursor.peek(), 'WATERMARK_TWICE', 'This query has a second WATERMARK.', 'Keep one of them.');
      watermark = parseWatermark(cursor);
      at = skipTo(at, watermark.end);
    } else {
      refuseUnstreamed(cursor);
      at += 1;
    }
  }
  return { start: first.start, end: last.end, streams, ...(watermark && { watermark }) };
};

/** `FROM STREAM x`, `JOIN STREAM x`, `FROM STREAM(x)`: elsewhere the word is an ordinary name. */
const isStream = (tokens: readonly Token[], at: number): boolean => {
  const [before, token, after] = [tokens[at - 1], tokens[at], tokens[at + 1]];
  const isSource = isWord(before, 'FROM') || isWord(before, 'JOIN');
  return isSource && isWord(token, 'STREAM') && after !== undefined && (after.kind !== 'symbol' || after.value === '(');
};

const refuseUnstreamed = (cursor: Cursor): void => {
  const token = cursor.peek();
  for (const name of ['read_kafka', 'read_files']) {
    if (token.kind !== 'word' || token.value.toLowerCase() !== name || !cursor.isSymbol('(', 1)) continue;
    const hint = name === 'read_kafka' ? 'Write STREAM read_kafka(…).' : 'Bring files in through the gateway for now.';
    const message = name === 'read_kafka' ? 'read_kafka needs STREAM before it.' : 'read_files is not supported yet.';
    throw cursor.fail(token, 'SOURCE_UNSUPPORTED', message, hint);
  }
};

const parseStream = (cursor: Cursor): StreamSource => {
  const start = cursor.next().start;
  if (cursor.isSymbol('(')) {
    const { inner, close } = cursor.parenthesized('after STREAM');
    const source = parseStreamed(new Cursor(cursor.source, [...inner, endToken(close.start)]), start);
    return { ...source, end: close.end };
  }
  return parseStreamed(cursor, start);
};

const parseStreamed = (cursor: Cursor, start: number): StreamSource => {
  const token = cursor.peek();
  const isFunction = token.kind === 'word' && cursor.isSymbol('(', 1);
  if (!isFunction) return parseTableStream(cursor, start);
  if (token.value.toLowerCase() === 'read_kafka') return parseKafka(cursor, start);
  const hint = 'Use STREAM read_kafka(topics => …), or STREAM before a table.';
  throw cursor.fail(token, 'SOURCE_UNSUPPORTED', `There is no stream source '${token.value}'.`, hint);
};

const parseTableStream = (cursor: Cursor, start: number): TableStreamSource => {
  const { name, end } = parseTableName(cursor, 'a table or read_kafka(…) after STREAM');
  return { kind: 'table', name, start, end };
};

/** `schema.table`, or one name alone (schema `''`), for temporary views. */
export const parseTableName = (cursor: Cursor, what: string): { name: TableName; end: number } => {
  const first = cursor.expectName(what);
  if (!cursor.acceptSymbol('.')) {
    return { name: { schema: '', table: first.value, full: first.value, at: first.start }, end: first.end };
  }
  const second = cursor.expectName(`a table's name after '${first.value}.'`);
  const full = `${first.value}.${second.value}`;
  return { name: { schema: first.value, table: second.value, full, at: first.start }, end: second.end };
};

const kafkaOptions = ['topics', 'startingOffsets', 'maxOffsetsPerTrigger'];

const parseKafka = (cursor: Cursor, start: number): KafkaSource => {
  const name = cursor.next();
  const { inner, close } = cursor.parenthesized('of read_kafka');
  const options = new Map<string, { values: Token[]; at: Token }>();
  for (const part of splitAt(inner, ',')) {
    const option = new Cursor(cursor.source, [...part, endToken(part.at(-1)?.end ?? close.start)]);
    const key = option.expectName('an option such as topics => …');
    const known = kafkaOptions.find((each) => each.toLowerCase() === key.value.toLowerCase());
    if (known === undefined) {
      const hint = `It knows ${kafkaOptions.join(', ')}; brokers come from the settings.`;
      throw cursor.fail(key, 'OPTION_UNKNOWN', `read_kafka has no option '${key.value}'.`, hint);
    }
    option.expectSymbol('=>', `after ${key.value}`);
    options.set(known, { values: parseValues(option), at: key });
    if (option.peek().kind !== 'end') throw option.expected("',' or ')'");
  }
  const topics = options.get('topics')?.values.map((token) => token.value) ?? [];
  if (topics.length === 0)
    throw cursor.fail(
      name,
      'OPTION_MISSING',
      'read_kafka needs topics.',
      "Write topics => 'order.*' or topics => ['a', 'b'].",
    );
  const startingOffsets = parseStartingOffsets(cursor, options.get('startingOffsets'));
  const max = options.get('maxOffsetsPerTrigger');
  const maxOffsets = max === undefined ? {} : { maxOffsetsPerTrigger: parsePositive(cursor, max) };
  return { kind: 'kafka', topics, startingOffsets, ...maxOffsets, start, end: close.end };
};

const parseValues = (cursor: Cursor): Token[] => {
  if (!cursor.acceptSymbol('[')) return [parseValue(cursor)];
  const values = [parseValue(cursor)];
  while (cursor.acceptSymbol(',')) values.push(parseValue(cursor));
  cursor.expectSymbol(']', 'at the end of the list');
  return values;
};

const parseValue = (cursor: Cursor): Token => {
  const token = cursor.next();
  if (token.kind === 'string' || token.kind === 'number') return token;
  throw cursor.fail(token, 'SQL_SYNTAX', 'Expected a string or a number here.', "Quote names like this: 'order.*'.");
};

const parseStartingOffsets = (
  cursor: Cursor,
  option: { values: Token[]; at: Token } | undefined,
): 'earliest' | 'latest' => {
  const value = option?.values[0]?.value ?? 'earliest';
  if (value === 'earliest' || value === 'latest') return value;
  const message = `startingOffsets cannot be '${value}'.`;
  throw cursor.fail(option!.at, 'OPTION_INVALID', message, "Use 'earliest' or 'latest'.");
};

const parsePositive = (cursor: Cursor, option: { values: Token[]; at: Token }): number => {
  const value = Number(option.values[0]?.value);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw cursor.fail(
    option.at,
    'OPTION_INVALID',
    `${option.at.value} must be a whole number above 0.`,
    'For example 100000.',
  );
};

const unitMs: Record<string, number> = { SECOND: 1000, MINUTE: 60_000, HOUR: 3_600_000, DAY: 86_400_000 };

const parseWatermark = (cursor: Cursor): Watermark => {
  const start = cursor.next().start;
  const column = cursor.expectName('the event time column after WATERMARK');
  cursor.expectWords('in WATERMARK … DELAY OF INTERVAL …', 'DELAY', 'OF', 'INTERVAL');
  const amountToken = cursor.next();
  const [amountText, unitInString] = amountToken.value.trim().split(/\s+/);
  const unitToken = unitInString === undefined ? cursor.next() : amountToken;
  const unit = unitMs[(unitInString ?? unitToken.value).toUpperCase().replace(/S$/, '')];
  const amount = Number(amountText);
  if (unit === undefined || !Number.isFinite(amount) || amount < 0) {
    const hint = 'Write for example INTERVAL 10 MINUTES (units: SECONDS, MINUTES, HOURS, DAYS).';
    throw cursor.fail(amountToken, 'INTERVAL_INVALID', 'This is no interval that a watermark can have.', hint);
  }
  return { column: column.value, delayMs: amount * unit, start, end: unitToken.end };
};
