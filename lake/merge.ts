/**
 * MERGE by copy-on-write, as slowly changing dimension of type 1: of each key only the newest row is kept.
 *
 * Steps: stage the source's newest row of each key · find the files that may hold those keys (statistics) · read only keys and sequence of
 * these and decide what applies · plan which files to write anew (merge-plan.ts) · write them. Type 2 would differ in what applies only:
 * a replaced row would be closed and kept instead of dropped.
 */
import { LakeError } from './errors.ts';
import { MERGED_TAG, planRuns } from './merge-plan.ts';
import type { Leaf, Run } from './merge-plan.ts';
import { localFile, partitionConstant } from './partition.ts';
import { scanSql } from './scan.ts';
import { nameList, quoteName, quoteText } from './sql-text.ts';
import { fileStats } from './stats.ts';
import type { Column, DataFile, MergeCounts, MergeResult, MergeSpec, Snapshot, Sql, WriteShape } from './types.ts';
import type { WriteOptions } from './write.ts';

/** Small enough that rewriting a file is cheap, large enough that a million rows are some fifty files. */
const FILE_ROWS_MAX = 20_000;

/** Names of our own in staged tables; a column of the same name would be a strange one. */
const DELETED = '_tiffin_deleted';
const COPIES = '_tiffin_copies';
const FILE = '_tiffin_file';
const POSITION = '_tiffin_position';

export interface MergeTarget {
  name: string;
  location: string;
  sql: Sql;
  write: (select: string, shape: WriteShape, options?: WriteOptions) => Promise<DataFile[]>;
}

interface Merge {
  target: MergeTarget;
  snapshot: Snapshot;
  spec: MergeSpec;
  keys: Column[];
  /** Temporary tables: the source's newest rows; those of them that apply. */
  staged: string;
  applied: string;
}

let merges = 0;

export async function mergeFiles(
  target: MergeTarget,
  snapshot: Snapshot,
  source: string,
  spec: MergeSpec,
): Promise<MergeResult> {
  const serial = ++merges;
  const keys = spec.keys.map((name) => columnOf(target, snapshot, name));
  if (keys.length === 0) throw noKeys(target.name);
  if (spec.sequence !== undefined) columnOf(target, snapshot, spec.sequence);
  const merge = {
    target,
    snapshot,
    spec,
    keys,
    staged: `_tiffin_staged_${serial}`,
    applied: `_tiffin_applied_${serial}`,
  };
  try {
    const sourceRows = await stage(merge, source);
    const candidates = await findCandidates(merge);
    await apply(merge, candidates);
    return await rewrite(merge, candidates, sourceRows);
  } finally {
    await target.sql.run(`DROP TABLE IF EXISTS ${merge.staged}; DROP TABLE IF EXISTS ${merge.applied}`);
  }
}

/** Gives the number of the source's rows. */
async function stage({ target, snapshot, spec, keys, staged }: Merge, source: string): Promise<number> {
  const columns = snapshot.columns.map(({ name, type }) => `CAST(${quoteName(name)} AS ${type}) AS ${quoteName(name)}`);
  const order = spec.sequence === undefined ? '' : ` ORDER BY ${quoteName(spec.sequence)} DESC NULLS LAST`;
  const window = `PARTITION BY ${nameList(keys.map(({ name }) => name))}${order}`;
  // Both over the same window, so that DuckDB sorts once.
  const copies = `count(*) OVER (${window} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS ${COPIES}`;
  await target.sql.run(
    `CREATE TEMP TABLE ${staged} AS SELECT *, ${copies} ` +
      `FROM (SELECT ${columns.join(', ')}, (${spec.deleteWhen ?? 'false'}) IS TRUE AS ${DELETED} FROM (${source}\n)) ` +
      `QUALIFY row_number() OVER (${window}) = 1`,
  );
  const [row] = await target.sql.rows(
    `SELECT sum(${COPIES})::VARCHAR AS rows, max(${COPIES})::VARCHAR AS copies FROM ${staged}`,
  );
  if (spec.sequence === undefined && Number(row?.['copies'] ?? 0) > 1) throw ambiguous(target.name, spec.keys);
  return Number(row?.['rows'] ?? 0);
}

interface Candidate {
  file: DataFile;
  /** Its keys' range touches a staged key. */
  isHit: boolean;
}

/** All files in the order of their keys. */
async function findCandidates({ target, snapshot, keys, staged }: Merge): Promise<Candidate[]> {
  if (snapshot.files.length === 0) return [];
  const files = snapshot.files.map((file, i) => `(${[i, ...keys.flatMap((key) => bounds(file, key))].join(', ')})`);
  const names = keys.flatMap((_, k) => [`low${k}`, `high${k}`, `nulls${k}`]);
  const touches = keys.map((key, k) => touchesRange(`s.${quoteName(key.name)}`, k)).join(' AND ');
  const order = keys.map((_, k) => `low${k} NULLS FIRST`).join(', ');
  const rows = await target.sql.rows(
    `SELECT i, count(s.${DELETED}) > 0 AS hit, ${names.filter((name) => name.startsWith('low')).join(', ')} FROM (VALUES ${files.join(', ')}) f(i, ${names.join(', ')}) ` +
      `LEFT JOIN ${staged} s ON ${touches} GROUP BY ALL ORDER BY ${order}, i`,
  );
  return rows.map((row) => ({ file: snapshot.files[Number(row['i'])]!, isHit: row['hit'] === true }));
}

/** An absent bound means that any value may be there. */
const touchesRange = (key: string, k: number): string =>
  `((${key} IS NULL AND nulls${k}) OR ((low${k} IS NULL OR ${key} >= low${k}) AND (high${k} IS NULL OR ${key} <= high${k})))`;

/** Lowest, highest, and whether NULLs may be there, as SQL. */
function bounds(file: DataFile, key: Column): string[] {
  if (key.name in file.partitionValues) {
    const value = file.partitionValues[key.name]!;
    return [partitionConstant(key, value), partitionConstant(key, value), String(value === null)];
  }
  const stats = fileStats(file);
  const constant = (value: unknown) =>
    value === undefined || value === null
      ? `CAST(NULL AS ${key.type})`
      : `CAST(${quoteText(String(value))} AS ${key.type})`;
  const nulls = stats?.nullCount[key.name];
  return [constant(stats?.minValues[key.name]), constant(stats?.maxValues[key.name]), String(nulls !== 0)];
}

/** Which staged rows have an effect, with the file that holds the key (NULL: a new key) and the position where the row goes. */
async function apply(merge: Merge, candidates: Candidate[]): Promise<void> {
  const { target, snapshot, spec, keys, staged, applied } = merge;
  const hits = candidates.filter(({ isHit }) => isHit).map(({ file }) => file);
  const names = [...new Set([...spec.keys, ...(spec.sequence === undefined ? [] : [spec.sequence])])];
  const columns = names.map((name) => columnOf(target, snapshot, name));
  const old = scanSql(target, hits, columns, snapshot.partitionBy, { fileColumn: FILE });
  const sequence = spec.sequence && quoteName(spec.sequence);
  const isStale = sequence
    ? `(t.${sequence} > s.${sequence} OR (s.${sequence} IS NULL AND t.${sequence} IS NOT NULL)) IS TRUE`
    : 'false';
  const matched =
    `SELECT s.*, t.${FILE} AS ${FILE} FROM ${staged} s LEFT JOIN ${old} t ON ${sameKeys(keys, 's', 't')} ` +
    `WHERE CASE WHEN t.${FILE} IS NULL THEN NOT s.${DELETED} ELSE NOT (${isStale}) END`;
  await target.sql.run(`CREATE TEMP TABLE ${applied} AS ${positioned(merge, candidates, matched)}`);
}

/** A changed row's position is that of its file; a new one's that of the last file that begins at or before its first key. */
function positioned({ target, keys }: Merge, candidates: Candidate[], matched: string): string {
  if (candidates.length === 0) return `SELECT *, 0 AS ${POSITION} FROM (${matched})`;
  const key = keys[0]!;
  const hits = candidates.flatMap(({ file, isHit }, position) =>
    isHit ? [`(${quoteText(localFile(target.location, file.path).replaceAll('\\', '/'))}, ${position})`] : [],
  );
  const starts = candidates.map(({ file }, position) => `(${bounds(file, key)[0]}, ${position})`);
  const places = hits.length > 0 ? `(VALUES ${hits.join(', ')})` : '(SELECT NULL::VARCHAR, 0 WHERE false)';
  return (
    `SELECT m.*, CASE WHEN m.${FILE} IS NULL THEN coalesce(b.position, 0) ELSE p.position END AS ${POSITION} FROM (${matched}) m ` +
    `LEFT JOIN ${places} p(file, position) ON replace(m.${FILE}, '\\', '/') = p.file ` +
    `ASOF LEFT JOIN (SELECT * FROM (VALUES ${starts.join(', ')}) v(start, position) WHERE start IS NOT NULL) b ON m.${quoteName(key.name)} >= b.start`
  );
}

const sameKeys = (keys: Column[], left: string, right: string): string =>
  keys.map(({ name }) => `${left}.${quoteName(name)} IS NOT DISTINCT FROM ${right}.${quoteName(name)}`).join(' AND ');

async function rewrite(merge: Merge, candidates: Candidate[], sourceRows: number): Promise<MergeResult> {
  const { leaves, unplacedRows, counts } = await tally(merge, candidates, sourceRows);
  const runs = planRuns(leaves, unplacedRows, merge.spec.fileRowsMax ?? FILE_ROWS_MAX);
  // A partitioned table's files are spread over its partitions: they are written together, by one COPY.
  const isPartitioned = merge.snapshot.partitionBy.length > 0;
  const written = isPartitioned && runs.length > 0 ? [joined(runs, leaves.length)] : runs;
  const result: MergeResult = { add: [], remove: [], counts };
  for (const run of written) {
    result.add.push(...(await writeRun(merge, run)));
    result.remove.push(...run.files);
  }
  return result;
}

const joined = (runs: Run[], leaves: number): Run => ({
  files: runs.flatMap(({ files }) => files),
  from: 0,
  to: leaves,
});

interface Tally {
  leaves: Leaf[];
  unplacedRows: number;
  counts: MergeCounts;
}

async function tally({ target, applied }: Merge, candidates: Candidate[], sourceRows: number): Promise<Tally> {
  const rows = await target.sql.rows(
    `SELECT ${POSITION} AS position, (${FILE} IS NULL) AS isnew, ${DELETED} AS isdeleted, count(*)::VARCHAR AS rows FROM ${applied} GROUP BY ALL`,
  );
  const leaves: Leaf[] = candidates.map(({ file }) => ({ file, changedRows: 0, deletedRows: 0, insertedRows: 0 }));
  const counts: MergeCounts = { inserted: 0, updated: 0, deleted: 0, ignored: sourceRows };
  let unplacedRows = 0;
  for (const row of rows) {
    const count = Number(row['rows']);
    const leaf = leaves[Number(row['position'])];
    counts.ignored -= count;
    if (row['isnew'] === true) {
      counts.inserted += count;
      if (leaf) leaf.insertedRows += count;
      else unplacedRows += count;
      continue;
    }
    if (!leaf || row['position'] === null)
      throw new Error(`A row of ${target.name} was read from a file that is not its own.`);
    counts[row['isdeleted'] === true ? 'deleted' : 'updated'] += count;
    leaf.changedRows += count;
    if (row['isdeleted'] === true) leaf.deletedRows += count;
  }
  return { leaves, unplacedRows, counts };
}

async function writeRun({ target, snapshot, keys, applied }: Merge, run: Run): Promise<DataFile[]> {
  const { columns, partitionBy } = snapshot;
  const names = nameList(columns.map(({ name }) => name));
  const incoming = `SELECT ${names} FROM ${applied} WHERE NOT ${DELETED} AND ${POSITION} BETWEEN ${run.from} AND ${run.to}`;
  const old = `SELECT ${names} FROM ${scanSql(target, run.files, columns, partitionBy)} t WHERE NOT EXISTS (SELECT 1 FROM ${applied} a WHERE ${sameKeys(keys, 'a', 't')})`;
  const rows = run.files.length > 0 ? `${old} UNION ALL ${incoming}` : incoming;
  const order = nameList(keys.map(({ name }) => name));
  // Snappy, as these rows are likely to be written again soon: it takes half the time of zstd.
  const options: WriteOptions = { compression: 'snappy', ...(run.rowsPerFile && { rowsPerFile: run.rowsPerFile }) };
  const files = await target.write(`SELECT * FROM (${rows}) ORDER BY ${order}`, { columns, partitionBy }, options);
  // In a partitioned table new rows start files of their own, which compaction is to join.
  if (partitionBy.length > 0) return files;
  return files.map((file) => ({ ...file, tags: { [MERGED_TAG]: keys.map(({ name }) => name).join(',') } }));
}

function columnOf(target: MergeTarget, snapshot: Snapshot, name: string): Column {
  const column = snapshot.columns.find((candidate) => candidate.name === name);
  if (column) return column;
  throw new LakeError(
    'LAKE_MERGE_COLUMN',
    `Rows cannot be merged into ${target.name} by "${name}": the table has no such column.`,
    `Its columns are ${snapshot.columns.map((candidate) => candidate.name).join(', ')}.`,
  );
}

const noKeys = (table: string): LakeError =>
  new LakeError(
    'LAKE_MERGE_KEYS',
    `Rows cannot be merged into ${table} without keys.`,
    'Name the columns that identify a row.',
  );

const ambiguous = (table: string, keys: string[]): LakeError =>
  new LakeError(
    'LAKE_MERGE_AMBIGUOUS',
    `Several source rows have the same key (${keys.join(', ')}), so it is not clear which one ${table} is to get.`,
    'Give a sequence column, of which the greatest wins, or make the keys unique.',
  );
