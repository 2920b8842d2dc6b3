/** Adapts a connection of `@duckdb/node-api` to the `Sql` port. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { JsonValue, Sql } from './types.ts';

export function duckdbSql(connection: DuckDBConnection): Sql {
  return {
    run: async (sql) => {
      await connection.run(sql);
    },
    rows: async (sql) => {
      const reader = await connection.runAndReadAll(sql);
      return reader.getRowObjectsJson() as Record<string, JsonValue>[];
    },
  };
}
