/**
 * Deletes files that no version within the retention needs: removed long ago, or written by a batch that never committed.
 * https://docs.delta.io/latest/delta-utility.html#remove-files-no-longer-referenced-by-a-delta-table
 */
import { LakeError } from './errors.ts';
import { logFolder } from './log-path.ts';
import { localFile } from './partition.ts';
import { deletedFileRetentionMs } from './properties.ts';
import type { TableState } from './state.ts';
import { nameOf } from './storage.ts';
import type { Storage } from './storage.ts';
import { isTemporary } from './storage-local.ts';
import type { VacuumOptions, VacuumResult } from './types.ts';

const RETENTION_MS_MIN = 3_600_000;

interface Vacuum {
  name: string;
  folder: string;
  storage: Storage;
  now: () => number;
}

export async function vacuumTable(
  table: Vacuum,
  state: TableState | undefined,
  { retentionMs, dryRun = false, force = false }: VacuumOptions,
): Promise<VacuumResult> {
  if (!state) return { files: [], bytes: 0 };
  const keptMs = retentionMs ?? deletedFileRetentionMs(state.metadata.configuration);
  if (keptMs < RETENTION_MS_MIN && retentionMs !== undefined && !force) throw tooShort(table.name, keptMs);
  const beforeMs = table.now() - keptMs;
  const needed = neededFiles(table, state, beforeMs);
  const result: VacuumResult = { files: [], bytes: 0 };
  for await (const path of filesBelow(table.storage, table.folder)) {
    if (needed.has(table.storage.localPath(path)) || !isOurs(path, logFolder(table.folder))) continue;
    const info = await table.storage.stat(path);
    if (!info || info.modifiedMs >= beforeMs) continue;
    if (!dryRun) await table.storage.delete(path);
    result.files.push(path.slice(table.folder.length + 1));
    result.bytes += info.sizeBytes;
  }
  return result;
}

function neededFiles({ folder, storage }: Vacuum, state: TableState, beforeMs: number): Set<string> {
  const location = storage.localPath(folder);
  const recent = state.tombstones.filter((remove) => (remove.deletionTimestamp ?? 0) >= beforeMs);
  return new Set([...state.files, ...recent].map(({ path }) => localFile(location, path)));
}

/** Data files, and what a crash left behind; never the log, and nothing that others hid by `_` or `.`. */
const isOurs = (path: string, log: string): boolean =>
  path.startsWith(`${log}/`) ? isTemporary(path) : path.endsWith('.parquet') && !/^[_.]/.test(nameOf(path));

async function* filesBelow(storage: Storage, folder: string): AsyncGenerator<string> {
  for (const name of await storage.list(folder)) {
    if (name.endsWith('/')) yield* filesBelow(storage, `${folder}/${name.slice(0, -1)}`);
    else yield `${folder}/${name}`;
  }
}

const tooShort = (table: string, retentionMs: number): LakeError =>
  new LakeError(
    'LAKE_RETENTION_SHORT',
    `A retention of ${Math.round(retentionMs / 1000)} s could delete files of ${table} that a query still reads.`,
    'Keep at least an hour, or pass force when nothing reads the table.',
  );
