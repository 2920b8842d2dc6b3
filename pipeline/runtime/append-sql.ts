/** The SQL of an append flow's batch. Pure: text in, text out. */
import type { Expectation } from '../language/ast.ts';
import { quoteName, quoteText } from '../plan/tree.ts';
import { positionColumns, streamName, type AppendFlow, type Position } from '../plan/types.ts';

/** The source's rows with their Kafka position beside them. */
export const positioned = (relation: string, { topic, partition, offset }: Position): string => {
  const [topicName, partitionName, offsetName] = positionColumns.map(quoteName);
  return `(SELECT *, ${topic} AS ${topicName}, ${partition} AS ${partitionName}, ${offset} AS ${offsetName} FROM ${relation})`;
};

/** The flow's query over a batch. */
export const overBatch = (sql: string, relation: string, position: Position): string =>
  sql.replaceAll(quoteName(streamName), () => positioned(relation, position));

/** A key of the table as a number of 128 bits, the same for the same values; NULL when a part of it is. */
export const keySql = (keys: readonly string[], typeOf: (column: string) => string): string => {
  const names = keys.map(quoteName);
  if (keys.length === 1 && typeOf(keys[0]!) === 'VARCHAR') return `md5_number(${names[0]})`;
  const parts = names.flatMap((name) => [`strlen(${name}::VARCHAR)`, "':'", `${name}::VARCHAR`]);
  const present = names.map((name) => `${name} IS NOT NULL`).join(' AND ');
  return `CASE WHEN ${present} THEN md5_number(concat(${parts.join(', ')})) END`;
};

export interface ClassifyOptions {
  readonly flow: AppendFlow;
  readonly relation: string;
  readonly typeOf: (column: string) => string;
  /** The table that remembers keys. */
  readonly keyTable: string | undefined;
  /** Rows with an event time before this are late. */
  readonly watermarkMs: number | undefined;
}

export const statuses = ['out', 'late', 'duplicate', 'quarantined', 'dropped'] as const;
export type Status = (typeof statuses)[number];

const violated = (index: number): string => quoteName(`$violated${index}`);

/**
 * Every row of the query with `$status`: what becomes of it. In this order, the first that fits: late, duplicate (of a row
 * that the table or its quarantine has), quarantined, dropped, out. A row whose key is NULL is never a duplicate.
 * Duplicates within the batch are left to `repeatedSql`: they are rare, and finding them costs more than all the rest.
 */
export const classifySql = ({ flow, relation, typeOf, keyTable, watermarkMs }: ClassifyOptions): string => {
  const late =
    flow.watermark === undefined || watermarkMs === undefined
      ? 'false'
      : `coalesce(${quoteName(flow.watermark.column)} < make_timestamptz(${watermarkMs * 1000}), false)`;
  const checks = flow.expectations.map(
    ({ condition }, index) => `((${condition}\n) IS NOT TRUE) AS ${violated(index)}`,
  );
  const extra = [`${late} AS "$late"`, ...checks];
  if (keyTable !== undefined) extra.push(`${keySql(flow.keys, typeOf)} AS "$key"`);
  const cases = [
    'WHEN "$late" THEN \'late\'',
    ...(keyTable === undefined ? [] : ["WHEN known.key IS NOT NULL THEN 'duplicate'"]),
    ...statusCase(flow.expectations, 'quarantine', 'quarantined'),
    ...statusCase(flow.expectations, 'drop', 'dropped'),
  ];
  const join = keyTable === undefined ? '' : ` LEFT JOIN ${keyTable} AS known ON known.key = checked."$key"`;
  return `WITH checked AS (SELECT *, ${extra.join(', ')} FROM (${overBatch(flow.sql, relation, flow.position)}))
SELECT checked.*, CASE ${cases.join(' ')} ELSE 'out' END AS "$status" FROM checked${join}`;
};

const statusCase = (
  expectations: readonly Expectation[],
  action: Expectation['onViolation'],
  status: Status,
): string[] => {
  const conditions = expectations.flatMap(({ onViolation }, index) =>
    onViolation === action ? [violated(index)] : [],
  );
  return conditions.length === 0 ? [] : [`WHEN ${conditions.join(' OR ')} THEN '${status}'`];
};

const isCounted = `"$status" NOT IN ('late', 'duplicate')`;

/** Marks all but the first arrival of each key in the batch as duplicates. Replaces the batch. */
export const repeatedSql = (batch: string): string => `CREATE OR REPLACE TEMP TABLE ${batch} AS
SELECT * REPLACE (CASE WHEN ${isCounted} AND "$key" IS NOT NULL AND row_number() OVER (
  PARTITION BY "$key", ${isCounted} ORDER BY "$topic", "$partition", "$offset") > 1
  THEN 'duplicate' ELSE "$status" END AS "$status") FROM ${batch}`;

export const repeatedColumn = '$repeated';

/** One row: how many rows have each status, how many violate each expectation, and how many repeat a key of the batch. */
export const summarySql = (batch: string, { expectations, keys }: AppendFlow): string => {
  const counts = statuses.map((status) => `count_if("$status" = '${status}') AS "${status}"`);
  const violations = expectations.map(
    (_, index) => `count_if(${isCounted} AND ${violated(index)}) AS ${violated(index)}`,
  );
  const repeated = `count("$key") FILTER (${isCounted}) - count(DISTINCT "$key") FILTER (${isCounted})`;
  const all = [...counts, ...violations, `${keys.length === 0 ? 0 : repeated} AS ${quoteName(repeatedColumn)}`];
  return `SELECT ${all.join(', ')} FROM ${batch}`;
};

export const violationColumn = (index: number): string => `$violated${index}`;

/** The rows for `<table>__quarantine`. */
export const quarantineSql = (
  batch: string,
  columns: readonly string[],
  { expectations }: AppendFlow,
  nowMs: number,
): string => {
  const reasons = expectations.map(({ name }, index) => `CASE WHEN ${violated(index)} THEN ${quoteText(name)} END`);
  return `SELECT ${columns.map(quoteName).join(', ')},
  list_filter([${reasons.join(', ')}], lambda reason: reason IS NOT NULL) AS _reasons,
  "$topic" AS _topic, "$partition"::INTEGER AS _partition, "$offset"::BIGINT AS _offset,
  make_timestamptz(${nowMs * 1000}) AS _quarantined_at
FROM ${batch} WHERE "$status" = 'quarantined'`;
};

/** The first row that breaks a rule with FAIL UPDATE, for the message. */
export const failingSql = (batch: string, index: number): string =>
  `SELECT "$topic" AS topic, "$partition" AS "partition", "$offset" AS "offset" FROM ${batch}
WHERE ${violated(index)} AND ${isCounted} ORDER BY ALL LIMIT 1`;
