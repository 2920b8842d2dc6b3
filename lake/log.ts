/**
 * A table's log on the storage: reads states of it and puts commits into it.
 *
 * The newest state is kept. A look at the log is then one look at the newest known commit (still the same one? else the table was deleted and
 * made anew) and one at the next version, so that its cost does not grow with the log.
 */
import { parseActions, serialiseActions } from './actions.ts';
import type { Actions } from './actions.ts';
import { readCheckpoint } from './checkpoint.ts';
import { LakeError } from './errors.ts';
import { checkpointName, commitName, commitVersion, logFolder, logSegment } from './log-path.ts';
import type { LogSegment } from './log-path.ts';
import { replay } from './state.ts';
import type { Commit, TableState } from './state.ts';
import type { FileInfo, Storage } from './storage.ts';
import type { Sql } from './types.ts';

/** So many of the newest commits are kept for `changes`. */
const RECENT_COMMITS_MAX = 64;

export interface TableLog {
  /** The newest state, looked up anew. */
  head(): Promise<TableState | undefined>;
  stateAt(version: number): Promise<TableState>;
  /** The newest version that is not younger. */
  versionAt(timestampMs: number): Promise<number | undefined>;
  /** `undefined`: no such version, or cleaned up. */
  commit(version: number): Promise<Commit | undefined>;
  /** Puts the commit after `head`; false when another was first. */
  put(head: TableState | undefined, actions: Actions, timestampMs: number): Promise<TableState | undefined>;
}

interface Known {
  state: TableState;
  /** Of the newest commit's file, to notice a table made anew. */
  file: FileInfo;
}

export function openLog({ table, storage, sql }: { table: string; storage: Storage; sql: Sql }): TableLog {
  const folder = logFolder(table);
  const pathOf = (version: number) => `${folder}/${commitName(version)}`;
  const recent = new Map<number, Commit>();
  let known: Known | undefined;

  const remember = (commits: readonly Commit[]) => {
    for (const commit of commits) recent.set(commit.version, commit);
    for (const version of recent.keys()) {
      if (recent.size <= RECENT_COMMITS_MAX) break;
      recent.delete(version);
    }
  };

  const readCommit = async (version: number): Promise<(Commit & { file: FileInfo }) | undefined> => {
    const text = await storage.read(pathOf(version));
    const file = await storage.stat(pathOf(version));
    if (text === undefined || file === undefined) return undefined;
    return { version, timestampMs: file.modifiedMs, actions: parseActions(text, `${version} of ${table}`), file };
  };

  const readCommits = async (versions: readonly number[]): Promise<(Commit & { file: FileInfo })[]> => {
    const commits = await Promise.all(versions.map(readCommit));
    const gap = commits.indexOf(undefined);
    if (gap >= 0) throw vanished(table, versions[gap]!);
    return commits.filter((commit) => commit !== undefined);
  };

  const load = async (segment: LogSegment): Promise<TableState> => {
    const base = segment.checkpoint && (await loadCheckpoint(segment.checkpoint));
    return replay(table, base, await readCommits(segment.commits));
  };

  const loadCheckpoint = async (checkpoint: NonNullable<LogSegment['checkpoint']>): Promise<TableState> => {
    const { version } = checkpoint;
    const actions = await readCheckpoint(storage, sql, table, checkpoint);
    const file = (await storage.stat(pathOf(version))) ?? (await storage.stat(`${folder}/${checkpoint.parts[0]}`));
    const counters = await countersBefore(version);
    const state = replay(table, undefined, [{ version, timestampMs: file?.modifiedMs ?? 0, actions }]);
    return counters ? { ...state, counters } : state;
  };

  /** Checkpoints do not hold them. Our commits carry them on, so only foreign commits are passed over. */
  const countersBefore = async (version: number): Promise<Record<string, number> | undefined> => {
    for (let at = version; at >= 0; at--) {
      const info = (await readCommit(at))?.actions.commitInfo;
      if (!info || info.tiffinCounters || info['engineInfo'] === 'tiffin') return info?.tiffinCounters;
    }
    return undefined;
  };

  /** By the pointer if there is one: a listing of a long log costs more than the rest together. */
  const loadNewest = async (): Promise<Known | undefined> => {
    const pointed = await pointedCheckpoint();
    const segment = pointed ?? logSegment(table, await storage.list(folder));
    if (!segment) return undefined;
    const state = await load(segment);
    const file = await storage.stat(pathOf(state.version));
    return { state, file: file ?? { sizeBytes: -1, modifiedMs: -1 } };
  };

  const pointedCheckpoint = async (): Promise<LogSegment | undefined> => {
    const text = await storage.read(`${folder}/_last_checkpoint`);
    if (text === undefined) return undefined;
    const { version, parts } = parsePointer(text);
    const name = checkpointName(version);
    if (version < 0 || parts || !(await storage.stat(`${folder}/${name}`)) || !(await storage.stat(pathOf(version))))
      return undefined;
    return { version, commits: [], checkpoint: { version, parts: [name] } };
  };

  const isStillThere = async ({ state, file }: Known): Promise<boolean> => {
    const now = await storage.stat(pathOf(state.version));
    return now?.modifiedMs === file.modifiedMs && now.sizeBytes === file.sizeBytes;
  };

  const head = async (): Promise<TableState | undefined> => {
    if (!known || !(await isStillThere(known))) {
      recent.clear();
      known = await loadNewest();
    }
    while (known) {
      const next = await readCommit(known.state.version + 1);
      if (!next) break;
      remember([next]);
      known = { state: replay(table, known.state, [next]), file: next.file };
    }
    return known?.state;
  };

  return {
    head,
    stateAt: async (version) => {
      if (known?.state.version === version) return known.state;
      const segment = logSegment(table, await storage.list(folder), version);
      if (!segment) throw noVersion(table, version);
      return await load(segment);
    },
    versionAt: (timestampMs) => versionAt(storage, folder, timestampMs),
    commit: async (version) => recent.get(version) ?? (await readCommit(version)),
    put: async (before, actions, timestampMs) => {
      const version = (before?.version ?? -1) + 1;
      const text = serialiseActions(actions);
      if (!(await storage.putIfAbsent(pathOf(version), text, timestampMs))) return undefined;
      const commit = { version, timestampMs, actions };
      remember([commit]);
      const state = replay(table, before, [commit]);
      known = { state, file: { sizeBytes: Buffer.byteLength(text), modifiedMs: timestampMs } };
      return state;
    },
  };
}

/** A pointer that cannot be read is as good as none: it is only a hint. */
function parsePointer(text: string): { version: number; parts?: number } {
  try {
    return JSON.parse(text) as { version: number; parts?: number };
  } catch (error) {
    if (error instanceof SyntaxError) return { version: -1 };
    throw error;
  }
}

/** By bisection over the commits' times, which rise with the versions. */
async function versionAt(storage: Storage, folder: string, timestampMs: number): Promise<number | undefined> {
  const names = await storage.list(folder);
  const versions = names
    .map(commitVersion)
    .filter((version) => version !== undefined)
    .toSorted((a, b) => a - b);
  let [low, high] = [0, versions.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const info = await storage.stat(`${folder}/${commitName(versions[middle]!)}`);
    if (info && info.modifiedMs <= timestampMs) low = middle + 1;
    else high = middle;
  }
  return versions[low - 1];
}

const vanished = (table: string, version: number): LakeError =>
  new LakeError(
    'LAKE_LOG_INCOMPLETE',
    `Commit ${version} of ${table} vanished while it was read.`,
    'Read again; an old version is gone once the log has been cleaned up.',
  );

const noVersion = (table: string, version: number): LakeError =>
  new LakeError(
    'LAKE_VERSION_UNKNOWN',
    `${table} has no version ${version}.`,
    'See the history for the versions that there are.',
  );
