/**
 * The query process's own DuckDB, locked down: it sees the lake, its exports and its temporary folder, loads no extension,
 * and its settings cannot be changed by a query. Results are kept in a second database in memory, `kept`, which spills to disk.
 */
import { mkdirSync } from 'node:fs';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { quoteText } from './quote.ts';

export interface DatabaseConfig {
  readonly lakeDir: string;
  readonly exportsDir: string;
  readonly tmpDir: string;
  readonly memoryLimitMb: number;
  readonly threads: number;
  readonly connections: number;
}

export interface Database {
  /** For queries: errors as JSON. */
  readonly pool: readonly DuckDBConnection[];
  /** For pages and completions, so that they never wait for a query. */
  readonly quick: DuckDBConnection;
  /** For the lake: views, snapshots, the audit. Plain errors. */
  readonly inner: DuckDBConnection;
  close(): void;
}

export const openDatabase = async (config: DatabaseConfig): Promise<Database> => {
  for (const dir of [config.lakeDir, config.exportsDir, config.tmpDir]) mkdirSync(dir, { recursive: true });
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${config.memoryLimitMb}MB`,
    threads: String(config.threads),
    temp_directory: config.tmpDir,
    max_temp_directory_size: '8GB',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const inner = await instance.connect();
  const quick = await instance.connect();
  const pool = await Promise.all(Array.from({ length: config.connections }, () => instance.connect()));
  await inner.run(`ATTACH ':memory:' AS kept`);
  for (const schema of ['bronze', 'silver', 'gold']) await inner.run(`CREATE SCHEMA ${schema}`);
  for (const connection of pool) await connection.run('SET SESSION errors_as_json = true');
  await lockDown(inner, config);
  return {
    pool,
    quick,
    inner,
    close: () => {
      for (const connection of [...pool, quick, inner]) connection.closeSync();
      instance.closeSync();
    },
  };
};

const lockDown = async (connection: DuckDBConnection, config: DatabaseConfig): Promise<void> => {
  const allowed = [config.lakeDir, config.exportsDir, config.tmpDir].map(quoteText).join(', ');
  for (const setting of [
    `GLOBAL TimeZone = 'UTC'`,
    `GLOBAL allowed_directories = [${allowed}]`,
    'GLOBAL enable_external_access = false',
    'GLOBAL lock_configuration = true',
  ])
    await connection.run(`SET ${setting}`);
};
