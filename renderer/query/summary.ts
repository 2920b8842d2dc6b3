/** The SQL behind a column's summary: one row of figures, and how its values are spread. Pure text in, text out. */
import { quoted } from './open.ts';

export type Shape = 'number' | 'time' | 'text';

/** Of what kind the values are, by DuckDB's type name. */
export const shapeOf = (type: string): Shape => {
  if (/^(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|U[A-Z]+INT|UINTEGER|FLOAT|DOUBLE|DECIMAL.*)$/i.test(type))
    return 'number';
  return /^(DATE|TIMESTAMP.*)$/i.test(type) ? 'time' : 'text';
};

export const isNumeric = (type: string): boolean => shapeOf(type) === 'number';
export const isNested = (type: string): boolean => /^(STRUCT|MAP|JSON|UNION)|\[\d*\]$/i.test(type);

/** Marks our own queries, so that the history can leave them out. */
export const summaryMark = '/* summary */';
export const isSummary = (sql: string): boolean => sql.startsWith(summaryMark);

export const barsMax = 24;
export const topMax = 12;

const epoch = (column: string, shape: Shape): string =>
  shape === 'time' ? `epoch_ms(${column}::TIMESTAMP)` : `${column}::DOUBLE`;
const asText = (expression: string): string => `${expression}::VARCHAR`;

/** rows, nulls, distinct (approximate), min, max, and for numbers mean, quartiles and deviation. */
export const figuresSql = (from: string, name: string, type: string): string => {
  const column = quoted(name);
  const shape = shapeOf(type);
  const comparable = !isNested(type);
  const parts = [
    'count(*)',
    `count(*) - count(${column})`,
    comparable ? `approx_count_distinct(${column})` : 'NULL',
    comparable ? asText(`min(${column})`) : 'NULL',
    comparable ? asText(`max(${column})`) : 'NULL',
    ...(shape === 'number'
      ? [
          `avg(${column})`,
          `quantile_cont(${column}::DOUBLE, 0.25)`,
          `median(${column}::DOUBLE)`,
          `quantile_cont(${column}::DOUBLE, 0.75)`,
        ]
      : ['NULL', 'NULL', 'NULL', 'NULL']),
  ];
  return `${summaryMark} SELECT ${parts.join(', ')} FROM ${from}`;
};

/** Numbers and times: counts in bars of equal width (index, count, low, high). Else: the most frequent values (value, count). */
export const spreadSql = (from: string, name: string, type: string): string => {
  const column = quoted(name);
  const shape = shapeOf(type);
  if (shape === 'text')
    return `${summaryMark} SELECT ${asText(column)}, count(*) FROM ${from} WHERE ${column} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${topMax}`;
  return `${summaryMark} WITH v AS (SELECT ${epoch(column, shape)} AS x FROM ${from} WHERE ${column} IS NOT NULL),
  e AS (SELECT min(x) AS low, max(x) AS high FROM v WHERE isfinite(x::DOUBLE))
SELECT least(floor((x - low) / nullif(high - low, 0) * ${barsMax}), ${barsMax - 1})::INTEGER AS bar, count(*), any_value(low), any_value(high)
FROM v, e WHERE isfinite(x::DOUBLE) GROUP BY 1 ORDER BY 1`;
};
