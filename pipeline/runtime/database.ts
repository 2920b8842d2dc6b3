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

export class Database {
  readonly sql: Sql;
  private readonly instance: DuckDBInstance;
  private readonly connection: DuckDBConnection;

  static async open({ tmpDir, memoryLimitMb, threads }: DatabaseOptions): Promise<Database> {
    const spillDir = join(tmpDir, 'spill');
    await mkdir(spillDir, { recursive: true });
    const instance = await DuckDBInstance.create(':memory:', {
      threads: String(threads),
      memory_limit: `${memoryLimitMb}MB`,
      temp_directory: spillDir,
    });
    const database = new Database(instance, await instance.connect());
    await database.sql.run("SET TimeZone = 'UTC'; SET enable_progress_bar = false");
    return database;
  }

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.instance = instance;
    this.connection = connection;
    this.sql = duckdbSql(connection);
  }

  close(): void {
    this.connection.closeSync();
    this.instance.closeSync();
  }
}
