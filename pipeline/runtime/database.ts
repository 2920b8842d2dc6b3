/** The pipeline's own DuckDB: in memory, spilling to the batch folder, everything in UTC. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { duckdbSql, type Sql } from '../../lake/index.ts';

export interface DatabaseOptions {
  readonly tmpDir: string;
  readonly memoryLimitMb: number;
  readonly threads: number;
}

const smallRowsMax = 20_000;

export class Database {
  readonly sql: Sql;
  private readonly instance: DuckDBInstance;
  private readonly connection: DuckDBConnection;
  private readonly threadsMax: number;
  private threads: number;

  static async open({ tmpDir, memoryLimitMb, threads }: DatabaseOptions): Promise<Database> {
    const spillDir = join(tmpDir, 'spill');
    await mkdir(spillDir, { recursive: true });
    const instance = await DuckDBInstance.create(':memory:', {
      threads: String(threads),
      memory_limit: `${memoryLimitMb}MB`,
      temp_directory: spillDir,
    });
    const database = new Database(instance, await instance.connect(), threads);
    await database.sql.run("SET TimeZone = 'UTC'; SET enable_progress_bar = false");
    return database;
  }

  /** Spreading a few rows over threads costs twice the time of doing it in one. */
  async scaleTo(rows: number): Promise<void> {
    const threads = rows > smallRowsMax ? this.threadsMax : 1;
    if (threads === this.threads) return;
    await this.sql.run(`SET threads = ${threads}`);
    this.threads = threads;
  }

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, threads: number) {
    this.threadsMax = threads;
    this.threads = threads;
    this.instance = instance;
    this.connection = connection;
    this.sql = duckdbSql(connection);
  }

  close(): void {
    this.connection.closeSync();
    this.instance.closeSync();
  }
}
