/**
 * Data files as SQL that can stand after FROM, with exactly the wanted columns and types. `read_parquet`'s `schema` does most of it: a file
 * that lacks a newer column gives NULL, and no footer is opened to find that out. Partition columns, which files do not hold, become
 * constants: one branch a partition, so that a filter on them drops whole branches before a file is opened.
 */
import { localFile, partitionConstant, partitionKey } from './partition.ts';
import { storedColumns } from './schema.ts';
import { quoteName, quotePattern, quoteText } from './sql-text.ts';
import type { Column, DataFile, Table } from './types.ts';

export interface ScanOptions {
  /** Adds a column of this name with the file's place on the disk. */
  fileColumn?: string;
}

export function scanSql(
  table: Pick<Table, 'location'>,
  files: readonly DataFile[],
  columns: readonly Column[],
  partitionBy: readonly string[],
  options: ScanOptions = {},
): string {
  const stored = storedColumns(columns);
  if (files.length === 0) return emptySql(stored, options);
  const branches = Map.groupBy(files, (file) => partitionKey(file, partitionBy));
  const selects = [...branches.values()].map((group) => branchSql(table.location, group, stored, partitionBy, options));
  return `(${selects.join(' UNION ALL ')})`;
}

function emptySql(columns: Column[], { fileColumn }: ScanOptions): string {
  const typed = columns.map(({ name, type }) => `CAST(NULL AS ${type}) AS ${quoteName(name)}`);
  if (fileColumn) typed.push(`CAST(NULL AS VARCHAR) AS ${quoteName(fileColumn)}`);
  return `(SELECT ${typed.join(', ')} WHERE false)`;
}

function branchSql(
  location: string,
  files: DataFile[],
  columns: Column[],
  partitionBy: readonly string[],
  { fileColumn }: ScanOptions,
): string {
  const values = files[0]!.partitionValues;
  const select = columns.map((column) => {
    const name = quoteName(column.name);
    return partitionBy.includes(column.name) ? `${partitionConstant(column, values[column.name])} AS ${name}` : name;
  });
  if (fileColumn) select.push(quoteName(fileColumn));
  const paths = files.map((file) => quotePattern(localFile(location, file.path))).join(', ');
  const held = columns.filter(({ name }) => !partitionBy.includes(name));
  const options = [...schemaArgument(held), ...(fileColumn ? [`filename = ${quoteText(fileColumn)}`] : [])];
  return `SELECT ${select.join(', ')} FROM read_parquet(${[`[${paths}]`, ...options].join(', ')})`;
}

/** None when only partition columns are wanted: an empty schema is not allowed, and the rows need only be counted. */
const schemaArgument = (columns: Column[]): string[] => (columns.length === 0 ? [] : [schemaMap(columns)]);

const schemaMap = (columns: Column[]): string =>
  `schema = MAP {${columns.map(({ name, type }) => `${quoteText(name)}: {name: ${quoteText(name)}, type: ${quoteText(type)}, default_value: NULL}`).join(', ')}}`;
