/**
 * Partition values and paths. A value is text in the log; a folder's name is Hive's (`day=2024-01-01`, percent-encoded, as DuckDB writes it);
 * a path in the log is that once more URL-encoded. https://github.com/delta-io/delta/blob/master/PROTOCOL.md#partition-value-serialization
 */
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { LakeError } from './errors.ts';
import { quoteName, quoteText } from './sql-text.ts';
import type { Column, DataFile } from './types.ts';

/** A partition column as SQL whose text is Delta's. Instants would be told in the session's time zone, so they are made text here. */
export function partitionText(column: Column): string {
  const name = quoteName(column.name);
  if (!column.type.startsWith('TIMESTAMP')) return `CAST(${name} AS ${column.type})`;
  return `strftime(make_timestamp(epoch_us(${name})), '%Y-%m-%d %H:%M:%S.%f')`;
}

/** A partition value as an SQL constant of the column's type. */
export function partitionConstant(column: Column, value: string | null | undefined): string {
  if (value === null || value === undefined || value === '') return `CAST(NULL AS ${column.type})`;
  const isInstant = column.type === 'TIMESTAMP WITH TIME ZONE' && !/(Z|[+-]\d\d(:?\d\d)?)$/.test(value);
  return `CAST(${quoteText(isInstant ? `${value}+00` : value)} AS ${column.type})`;
}

export function checkPartitioning(table: string, columns: readonly Column[], partitionBy: readonly string[]): void {
  for (const name of partitionBy) {
    const column = columns.find((candidate) => candidate.name === name);
    if (!column || /[[(]|^BLOB$/.test(column.type.replace(/^DECIMAL\(.*$/, ''))) {
      throw new LakeError(
        'LAKE_PARTITION_COLUMN',
        column
          ? `${table} cannot be partitioned by "${name}", which is ${column.type}.`
          : `${table} cannot be partitioned by "${name}": it has no such column.`,
        `Partition by a plain column, such as a date: ${columns.map(({ name }) => name).join(', ')}.`,
      );
    }
  }
  if (partitionBy.length > 0 && partitionBy.length === columns.length) {
    throw new LakeError(
      'LAKE_PARTITION_COLUMN',
      `${table} is partitioned by all of its columns, so nothing is left for its files.`,
      'Leave a column out of PARTITIONED BY.',
    );
  }
}

/** The path as the log has it, from a file's place on the disk. */
export function logPath(location: string, file: string): string {
  const parts = path.relative(location, file).split(path.sep);
  return parts.map((part) => encodeURIComponent(part).replaceAll('%3D', '=')).join('/');
}

/** Where a file of the log lies on the disk. Foreign logs may have absolute paths. */
export function localFile(location: string, logged: string): string {
  if (logged.startsWith('file:')) return fileURLToPath(logged);
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(logged)) {
    throw new LakeError(
      'LAKE_FILE_REMOTE',
      `The table at ${location} has a file elsewhere: ${logged}.`,
      'Only tables whose files are on this computer can be read.',
    );
  }
  const decoded = decodeURIComponent(logged);
  return path.isAbsolute(decoded) ? decoded : path.join(location, ...decoded.split('/'));
}

/** The same text for files of the same partition. */
export const partitionKey = (file: DataFile, partitionBy: readonly string[]): string =>
  partitionBy.length === 0 ? '' : JSON.stringify(partitionBy.map((name) => file.partitionValues[name] ?? null));
