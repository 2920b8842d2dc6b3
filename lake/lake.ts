/** A lake: a folder of tables, `<root>/<schema>/<table>`. */
import { LakeError } from './errors.ts';
import { logFolder } from './log-path.ts';
import type { Storage } from './storage.ts';
import { localStorage } from './storage-local.ts';
import { openTable } from './table.ts';
import type { Log } from './table.ts';
import type { Lake, Sql, Table } from './types.ts';

export interface LakeOptions {
  root: string;
  sql: Sql;
  storage?: Storage;
  /** Wall clock, in ms. */
  now: () => number;
  log?: Log;
  /** fsync files and commits, so that a power cut loses nothing committed. Default true. */
  durable?: boolean;
  /** Default zstd. */
  compression?: 'zstd' | 'snappy';
  /** Properties of tables created from now on. */
  defaultProperties?: Record<string, string>;
}

export function openLake(options: LakeOptions): Lake {
  const storage = options.storage ?? localStorage({ root: options.root, durable: options.durable ?? true });
  const tables = new Map<string, Table>();
  const open = (name: string) =>
    openTable({
      name,
      folder: folderOfTable(name),
      storage,
      sql: options.sql,
      now: options.now,
      log: options.log ?? (() => undefined),
      compression: options.compression ?? 'zstd',
      defaultProperties: options.defaultProperties ?? {},
    });
  return {
    table: (name) => {
      const known = tables.get(name);
      if (known) return known;
      const table = open(name);
      tables.set(name, table);
      return table;
    },
    list: () => listTables(storage),
  };
}

/** What a file system of any platform takes as a folder's name, and no way out of the lake. */
const NAME = /^[^./\\:*?"<>|\p{Cc}][^/\\:*?"<>|\p{Cc}]*$/u;

function folderOfTable(name: string): string {
  const dot = name.indexOf('.');
  const [schema, table] = [name.slice(0, Math.max(0, dot)), name.slice(dot + 1)];
  if (NAME.test(schema) && NAME.test(table)) return `${schema}/${table}`;
  throw new LakeError(
    'LAKE_TABLE_NAME',
    `"${name}" is not a table's name.`,
    'Name it schema.table, without any of / \\ : * ? " < > |, for example silver.orders.',
  );
}

async function listTables(storage: Storage): Promise<string[]> {
  const names: string[] = [];
  for (const schema of await folders(storage, '')) {
    for (const table of await folders(storage, schema)) {
      const log = await storage.list(logFolder(`${schema}/${table}`));
      if (log.some((name) => name.endsWith('.json') || name === '_last_checkpoint')) names.push(`${schema}.${table}`);
    }
  }
  return names.toSorted();
}

const folders = async (storage: Storage, folder: string): Promise<string[]> =>
  (await storage.list(folder)).filter((name) => name.endsWith('/')).map((name) => name.slice(0, -1));
