/**
 * Parquet checkpoints: the whole state of a version in one file, so that a reader need not replay the log from its beginning.
 * DuckDB writes and reads them; their rows go through a scratch file of JSON lines, which is far cheaper than SQL text.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#checkpoints
 */
import { randomUUID } from 'node:crypto';
import { noActions, take } from './actions.ts';
import type { Actions } from './actions.ts';
import { checkpointName, logFolder } from './log-path.ts';
import type { Checkpoint } from './log-path.ts';
import { quotePattern, quoteText } from './sql-text.ts';
import type { TableState } from './state.ts';
import type { Storage } from './storage.ts';
import type { JsonValue, Sql } from './types.ts';

const COLUMNS: Record<string, string> = {
  txn: 'STRUCT("appId" VARCHAR, "version" BIGINT, "lastUpdated" BIGINT)',
  add: 'STRUCT("path" VARCHAR, "partitionValues" MAP(VARCHAR, VARCHAR), "size" BIGINT, "modificationTime" BIGINT, "dataChange" BOOLEAN, "stats" VARCHAR, "tags" MAP(VARCHAR, VARCHAR))',
  remove:
    'STRUCT("path" VARCHAR, "deletionTimestamp" BIGINT, "dataChange" BOOLEAN, "extendedFileMetadata" BOOLEAN, "partitionValues" MAP(VARCHAR, VARCHAR), "size" BIGINT)',
  metaData:
    'STRUCT("id" VARCHAR, "name" VARCHAR, "description" VARCHAR, "format" STRUCT("provider" VARCHAR, "options" MAP(VARCHAR, VARCHAR)), "schemaString" VARCHAR, "partitionColumns" VARCHAR[], "configuration" MAP(VARCHAR, VARCHAR), "createdTime" BIGINT)',
  protocol:
    'STRUCT("minReaderVersion" INTEGER, "minWriterVersion" INTEGER, "readerFeatures" VARCHAR[], "writerFeatures" VARCHAR[])',
};

export interface CheckpointContext {
  table: string;
  storage: Storage;
  sql: Sql;
  /** Tombstones older than this are left out. */
  tombstonesAfterMs: number;
}

/** Writes the checkpoint of a state, and the pointer to it. */
export async function writeCheckpoint(context: CheckpointContext, state: TableState): Promise<void> {
  const { storage, sql, table } = context;
  const lines = checkpointLines(state, context.tombstonesAfterMs);
  const folder = logFolder(table);
  const scratch = `${folder}/_tmp_${randomUUID()}.json`;
  const temporary = `${folder}/_tmp_${randomUUID()}.parquet`;
  try {
    await storage.putScratch(scratch, `${lines.join('\n')}\n`);
    await sql.run(copySql(storage.localPath(scratch), storage.localPath(temporary), lines));
    await storage.sync([temporary]);
    await storage.rename(temporary, `${folder}/${checkpointName(state.version)}`);
  } finally {
    await storage.delete(scratch);
  }
  const pointer = { version: state.version, size: lines.length, numOfAddFiles: state.files.length };
  await storage.put(`${folder}/_last_checkpoint`, JSON.stringify(pointer));
}

function checkpointLines(state: TableState, tombstonesAfterMs: number): string[] {
  const lines: object[] = [{ protocol: state.protocol }, { metaData: state.metadata }];
  for (const [appId, version] of state.transactions) lines.push({ txn: { appId, version } });
  for (const remove of state.tombstones) {
    if ((remove.deletionTimestamp ?? 0) > tombstonesAfterMs) lines.push({ remove: { ...remove, dataChange: false } });
  }
  for (const { path, partitionValues, sizeBytes, modifiedMs, stats, tags } of state.files) {
    const add = {
      path,
      partitionValues,
      size: sizeBytes,
      modificationTime: modifiedMs,
      dataChange: false,
      stats,
      tags,
    };
    lines.push({ add });
  }
  return lines.map((line) => JSON.stringify(line));
}

/** DuckDB allocates twice the greatest object size for each of its threads, so it is told no more than is there. */
const OBJECT_BYTES_MIN = 1 << 20;

function copySql(from: string, to: string, lines: string[]): string {
  const objectBytesMax = lines.reduce((max, line) => Math.max(max, 2 * Buffer.byteLength(line)), OBJECT_BYTES_MIN);
  const columns = Object.entries(COLUMNS).map(([name, type]) => `${quoteText(name)}: ${quoteText(type)}`);
  const options = `columns = {${columns.join(', ')}}, format = 'newline_delimited', maximum_object_size = ${objectBytesMax}`;
  return `COPY (SELECT * FROM read_json(${quotePattern(from)}, ${options})) TO ${quoteText(to)} (FORMAT parquet, COMPRESSION snappy)`;
}

/** Foreign checkpoints may have more columns (statistics as a struct), or leave some out. */
export async function readCheckpoint(
  storage: Storage,
  sql: Sql,
  table: string,
  checkpoint: Checkpoint,
): Promise<Actions> {
  const parts = checkpoint.parts.map((part) => quotePattern(storage.localPath(`${logFolder(table)}/${part}`)));
  const wanted = Object.keys(COLUMNS).map(quoteText).join(', ');
  const rows = await sql.rows(
    `SELECT COLUMNS(c -> c IN (${wanted})) FROM read_parquet([${parts.join(', ')}], hive_partitioning = false)`,
  );
  const actions = noActions();
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      if (value !== null) take(actions, { [name]: plain(name, value as Record<string, JsonValue>) });
    }
  }
  return actions;
}

const NUMBERS = new Set(['version', 'lastUpdated', 'size', 'modificationTime', 'deletionTimestamp', 'createdTime']);
const MAPS = new Set(['partitionValues', 'configuration', 'options', 'tags']);

/** From DuckDB's JSON form (64-bit integers as text, maps as entries) to the action's own. */
function plain(action: string, fields: Record<string, JsonValue>): Record<string, JsonValue> {
  const result: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === null) continue;
    if (NUMBERS.has(name)) result[name] = Number(value);
    else if (MAPS.has(name))
      result[name] = Object.fromEntries((value as { key: string; value: string }[]).map((e) => [e.key, e.value]));
    else if (action === 'metaData' && name === 'format') result[name] = plain(name, value as Record<string, JsonValue>);
    else result[name] = value;
  }
  return result;
}
