/** The lake room: Delta Lake tables on a local disk, with DuckDB as the engine that reads and writes Parquet. */
export type * from './types.ts';
export { duckdbSql } from './duckdb.ts';
export { LakeError } from './errors.ts';
export { openLake } from './lake.ts';
export type { LakeOptions } from './lake.ts';
export { scanSql } from './scan.ts';
export { fileStats } from './stats.ts';
export type { FileInfo, Storage } from './storage.ts';
