/**
 * Writes the rows of a SELECT into new Parquet files. One COPY does all: DuckDB plans, sorts into partitions, compresses, and tells the
 * statistics of each file that it wrote, so nothing is read again.
 */
import { randomUUID } from 'node:crypto';
import * as path from 'node:path';
import { diskFull, LakeError } from './errors.ts';
import { checkPartitioning, logPath, partitionText } from './partition.ts';
import { columnsToSchema, storedColumns } from './schema.ts';
import type { DeltaStruct } from './schema.ts';
import { nameList, quoteName, quoteText } from './sql-text.ts';
import { copyStats, deltaStats, entries } from './stats.ts';
import type { Column, DataFile, JsonValue, Sql, WriteShape } from './types.ts';

export interface WriteTarget {
  table: string;
  /** The table's folder; it exists. */
  location: string;
  sql: Sql;
  now: () => number;
  compression: 'zstd' | 'snappy';
}

export interface WriteOptions {
  /** Starts a new file after this many rows (rounded up to DuckDB's vectors of 2,048); rows keep their order. Not for partitioned tables. */
  rowsPerFile?: number;
  /** Default: the lake's. */
  compression?: 'zstd' | 'snappy';
}

export async function writeFiles(
  target: WriteTarget,
  select: string,
  shape: WriteShape,
  options: WriteOptions = {},
): Promise<DataFile[]> {
  const columns = storedColumns(shape.columns);
  checkPartitioning(target.table, columns, shape.partitionBy);
  const written = await copy(
    target,
    copyStatement(
      target.location,
      select,
      columns,
      shape.partitionBy,
      options.compression ?? target.compression,
      options,
    ),
  );
  const schema = columnsToSchema(columns);
  const files = written.map((row) => toFile(target, schema, row));
  refuseNulls(target.table, columns, files);
  return files;
}

async function copy(target: WriteTarget, statement: string): Promise<Record<string, JsonValue>[]> {
  try {
    return await target.sql.rows(statement);
  } catch (cause) {
    const full = diskFull(`new rows of ${target.table}`, cause);
    if (full) throw full;
    throw new LakeError(
      'LAKE_WRITE_FAILED',
      `Writing rows of ${target.table} failed: ${cause instanceof Error ? cause.message : String(cause)}`,
      'Nothing was committed. Correct the query that gives the rows.',
      { cause },
    );
  }
}

function copyStatement(
  location: string,
  select: string,
  columns: Column[],
  partitionBy: string[],
  compression: string,
  { rowsPerFile }: WriteOptions,
): string {
  const rows = `SELECT ${columns.map((column) => projection(column, partitionBy)).join(', ')} FROM (${select}\n)`;
  const options = ['FORMAT parquet', `COMPRESSION ${compression}`, 'RETURN_STATS'];
  let place = path.join(location, `part-${randomUUID()}.parquet`);
  if (partitionBy.length > 0 || rowsPerFile !== undefined) {
    // DuckDB 1.5 drops non-ASCII characters from the end of a folder's name; a last `.` keeps them.
    place = `${location}${path.sep}.`;
    options.push('OVERWRITE_OR_IGNORE', "FILENAME_PATTERN 'part-{uuid}'");
  } else {
    options.push('WRITE_EMPTY_FILE false');
  }
  if (partitionBy.length > 0) options.push(`PARTITION_BY (${nameList(partitionBy)})`);
  else if (rowsPerFile !== undefined) {
    options.push(`ROW_GROUP_SIZE ${Math.ceil(rowsPerFile / 2048) * 2048}`, 'ROW_GROUPS_PER_FILE 1');
  }
  return `COPY (${rows}) TO ${quoteText(place)} (${options.join(', ')})`;
}

/** The cast refuses what does not fit (a HUGEINT of 39 digits) and costs nothing where the type is right already. */
function projection(column: Column, partitionBy: string[]): string {
  const name = quoteName(column.name);
  if (partitionBy.includes(column.name)) return `${partitionText(column)} AS ${name}`;
  return `CAST(${name} AS ${column.type}) AS ${name}`;
}

function toFile(target: WriteTarget, schema: DeltaStruct, row: Record<string, JsonValue>): DataFile {
  const rows = Number(row['count']);
  return {
    path: logPath(target.location, String(row['filename'])),
    // An empty text means NULL in the protocol, so it is NULL from the start.
    partitionValues: Object.fromEntries(
      entries(row['partition_keys']).map(([name, value]) => [
        name,
        value === null || value === '' ? null : String(value),
      ]),
    ),
    sizeBytes: Number(row['file_size_bytes']),
    modifiedMs: target.now(),
    rows,
    stats: deltaStats(schema, rows, copyStats(row['column_statistics'])),
  };
}

function refuseNulls(table: string, columns: Column[], files: DataFile[]): void {
  for (const column of columns.filter(({ nullable }) => nullable === false)) {
    const offends = files.some((file) => {
      if (column.name in file.partitionValues) return file.partitionValues[column.name] === null;
      const { nullCount } = JSON.parse(file.stats!) as { nullCount: Record<string, JsonValue> };
      return typeof nullCount[column.name] === 'number' && nullCount[column.name] !== 0;
    });
    if (offends) {
      throw new LakeError(
        'LAKE_NOT_NULL',
        `A row for ${table} has no "${column.name}", which is NOT NULL.`,
        'Filter such rows with an expectation, or let the column be NULL.',
      );
    }
  }
}
