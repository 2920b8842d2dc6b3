/** One table: composes the log, the writer of files and the maintenance into the interface that others see. */
import { randomUUID } from 'node:crypto';
import { changeActions } from './change.ts';
import { LakeError } from './errors.ts';
import { changesRows, historyEntry, newRowFiles } from './history.ts';
import { openLog } from './log.ts';
import type { TableLog } from './log.ts';
import { logFolder } from './log-path.ts';
import { afterCommit } from './housekeeping.ts';
import { mergeFiles } from './merge.ts';
import { optimizeTable } from './optimize.ts';
import { serially } from './serially.ts';
import { snapshotOf } from './state.ts';
import type { TableState } from './state.ts';
import type { Storage } from './storage.ts';
import type { Change, Changes, CommitResult, HistoryEntry, Snapshot, Sql, Table, WriteShape } from './types.ts';
import { vacuumTable } from './vacuum.ts';
import { writeFiles } from './write.ts';
import type { WriteOptions } from './write.ts';

export type Log = (level: 'debug' | 'info' | 'warn' | 'error', message: string, fields?: object) => void;

export interface TableContext {
  name: string;
  /** The table's folder, relative to the lake's root. */
  folder: string;
  storage: Storage;
  sql: Sql;
  now: () => number;
  log: Log;
  compression: 'zstd' | 'snappy';
  defaultProperties: Record<string, string>;
}

export function openTable(context: TableContext): Table {
  const { name, folder, storage, sql, now } = context;
  const location = storage.localPath(folder);
  const log = openLog({ table: folder, storage, sql });
  const inTurn = serially();
  const head = () => inTurn(() => log.head());
  const cache: { state?: TableState; snapshot?: Snapshot } = {};

  const view = (state: TableState): Snapshot => {
    if (cache.state === state) return cache.snapshot!;
    cache.state = state;
    return (cache.snapshot = snapshotOf(state));
  };

  // Each time, as the folder may have been deleted for a full refresh.
  const makeFolder = () => storage.makeFolder(logFolder(folder));

  const write = async (select: string, shape: WriteShape, options?: WriteOptions) => {
    await makeFolder();
    const target = { table: name, location, sql, now, compression: context.compression };
    const files = await writeFiles(target, select, shape, options);
    await storage.sync(files.map((file) => `${folder}/${decodeURIComponent(file.path)}`));
    return files;
  };

  const commit = (change: Change) => inTurn(() => commitInTurn(context, log, makeFolder, change));

  return {
    name,
    location,
    snapshot: async (at) => {
      if (!at) {
        const state = await head();
        return state && view(state);
      }
      const version = 'version' in at ? at.version : await log.versionAt(at.timestampMs);
      return version === undefined ? undefined : snapshotOf(await inTurn(() => log.stateAt(version)));
    },
    write: (select, shape) => write(select, shape),
    commit,
    changes: (from, to) => changesBetween(log, from, to),
    merge: (snapshot, source, spec) => mergeFiles({ name, location, sql, write }, snapshot, source, spec),
    optimize: (options = {}) => optimizeTable({ location, head, commit, write }, options),
    vacuum: async (options = {}) => vacuumTable({ name, folder, storage, now }, await head(), options),
    history: async (limit = 100) => await historyOf(await head(), log, limit),
  };
}

async function commitInTurn(
  context: TableContext,
  log: TableLog,
  makeFolder: () => Promise<void>,
  change: Change,
): Promise<CommitResult> {
  const before = await log.head();
  const newest = before?.version ?? -1;
  if (change.readVersion < newest) return { kind: 'conflict', version: newest };
  if (change.readVersion > newest) throw versionUnknown(context.name, change.readVersion, newest);
  // Times rise with the versions, so that time travel by time is well defined even when the clock is set back.
  const timestampMs = Math.max(Math.floor(context.now()), (before?.timestampMs ?? 0) + 1);
  const { name, defaultProperties } = context;
  const actions = changeActions(
    { table: name, state: before, timestampMs, id: randomUUID(), defaultProperties },
    change,
  );
  await makeFolder();
  const after = await log.put(before, actions, timestampMs);
  if (!after) return { kind: 'conflict', version: (await log.head())?.version ?? newest };
  await afterCommit(context, after);
  return { kind: 'committed', version: after.version };
}

async function changesBetween(log: TableLog, from: number, to: number): Promise<Changes> {
  const files = [];
  for (let version = from + 1; version <= to; version++) {
    const commit = await log.commit(version);
    if (!commit) return { kind: 'rewritten', version };
    if (changesRows(commit)) return { kind: 'rewritten', version };
    files.push(...newRowFiles(commit));
  }
  return { kind: 'appended', files };
}

async function historyOf(state: TableState | undefined, log: TableLog, limit: number): Promise<HistoryEntry[]> {
  const entries: HistoryEntry[] = [];
  for (let version = state?.version ?? -1; version >= 0 && entries.length < limit; version--) {
    const commit = await log.commit(version);
    if (!commit) break;
    entries.push(historyEntry(commit));
  }
  return entries;
}

const versionUnknown = (table: string, wanted: number, newest: number): LakeError =>
  new LakeError(
    'LAKE_VERSION_UNKNOWN',
    `A change of ${table} was computed from version ${wanted}, but the newest one is ${newest}.`,
    'Read the snapshot anew; the table may have been deleted meanwhile.',
  );
