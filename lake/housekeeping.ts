/**
 * What follows some commits: a checkpoint every 10, and every 100 a clean-up of the log. None of it is needed for the table to be right,
 * so a failure is reported and the commit stands.
 *
 * A table that commits every second would be drowned by its own checkpoints, so all but every tenth are deleted again after a while;
 * no version is lost by that, as its commits stay until the log's retention ends.
 */
import { writeCheckpoint } from './checkpoint.ts';
import { checkpointName, checkpointsOf, commitName, commitVersion, logFolder } from './log-path.ts';
import { checkpointInterval, deletedFileRetentionMs, logRetentionMs } from './properties.ts';
import type { TableState } from './state.ts';
import type { Storage } from './storage.ts';
import type { TableContext } from './table.ts';

const CHECKPOINTS_KEPT = 3;
const SPARSE_FACTOR = 10;

export async function afterCommit(context: TableContext, state: TableState): Promise<void> {
  const { version, metadata } = state;
  const interval = checkpointInterval(metadata.configuration);
  if (version === 0 || version % interval !== 0) return;
  const { storage, sql, folder } = context;
  const nowMs = context.now();
  try {
    const tombstonesAfterMs = nowMs - deletedFileRetentionMs(metadata.configuration);
    await writeCheckpoint({ table: folder, storage, sql, tombstonesAfterMs }, state);
    const superseded = version - CHECKPOINTS_KEPT * interval;
    if (superseded > 0 && superseded % (SPARSE_FACTOR * interval) !== 0) {
      await storage.delete(`${logFolder(folder)}/${checkpointName(superseded)}`);
    }
    if (version % (SPARSE_FACTOR * interval) === 0) {
      await cleanLog(storage, folder, SPARSE_FACTOR * interval, nowMs - logRetentionMs(metadata.configuration));
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    context.log('warn', `The checkpoint of ${context.name} at version ${version} failed; the commit itself stands.`, {
      reason,
    });
  }
}

/** Deletes commits and checkpoints before the newest lasting checkpoint that is older than the retention. */
async function cleanLog(storage: Storage, table: string, lasting: number, beforeMs: number): Promise<void> {
  const folder = logFolder(table);
  const names = await storage.list(folder);
  const oldest = await newestCheckpointBefore(storage, folder, names, lasting, beforeMs);
  if (oldest === undefined) return;
  for (const name of names) {
    const version = commitVersion(name) ?? checkpointsOf([name])[0]?.version;
    if (version !== undefined && version < oldest) await storage.delete(`${folder}/${name}`);
  }
}

async function newestCheckpointBefore(
  storage: Storage,
  folder: string,
  names: string[],
  lasting: number,
  beforeMs: number,
): Promise<number | undefined> {
  for (const { version } of checkpointsOf(names).filter((checkpoint) => checkpoint.version % lasting === 0)) {
    const info = await storage.stat(`${folder}/${commitName(version)}`);
    if (info && info.modifiedMs < beforeMs) return version;
  }
  return undefined;
}
