/**
 * File names of a `_delta_log`, and which of them give a version: the newest complete checkpoint at or before it, and the commits after that.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#delta-log-entries
 */
import { LakeError } from './errors.ts';

export const logFolder = (table: string): string => `${table}/_delta_log`;

const versionText = (version: number): string => String(version).padStart(20, '0');

export const commitName = (version: number): string => `${versionText(version)}.json`;

export const checkpointName = (version: number): string => `${versionText(version)}.checkpoint.parquet`;

const COMMIT = /^(\d{20})\.json$/;
const CHECKPOINT = /^(\d{20})\.checkpoint(?:\.(\d{10})\.(\d{10}))?\.parquet$/;

export const commitVersion = (name: string): number | undefined => {
  const match = COMMIT.exec(name);
  return match ? Number(match[1]) : undefined;
};

export interface Checkpoint {
  version: number;
  /** File names, in order. */
  parts: string[];
}

/** Complete checkpoints, newest first: one file, or all of its numbered parts. */
export function checkpointsOf(names: readonly string[]): Checkpoint[] {
  const found = new Map<string, Checkpoint & { partsExpected: number }>();
  for (const name of names) {
    const match = CHECKPOINT.exec(name);
    if (!match) continue;
    const partsExpected = match[3] ? Number(match[3]) : 1;
    const key = `${match[1]}.${partsExpected}`;
    const checkpoint = found.get(key) ?? { version: Number(match[1]), parts: [], partsExpected };
    checkpoint.parts.push(name);
    found.set(key, checkpoint);
  }
  return [...found.values()]
    .filter(({ parts, partsExpected }) => parts.length === partsExpected)
    .map(({ version, parts }) => ({ version, parts: parts.toSorted() }))
    .toSorted((a, b) => b.version - a.version);
}

export interface LogSegment {
  version: number;
  checkpoint?: Checkpoint;
  /** Versions of the commits after the checkpoint, ascending. */
  commits: number[];
}

/** What to read for `version` (default: the newest). `undefined`: there is no table, or no such version yet. */
export function logSegment(table: string, names: readonly string[], version?: number): LogSegment | undefined {
  const commits = names.map(commitVersion).filter((found) => found !== undefined);
  const checkpoints = checkpointsOf(names);
  const newest = commits.reduce((a, b) => Math.max(a, b), checkpoints[0]?.version ?? -1);
  const target = version ?? newest;
  if (newest < 0 || target > newest || target < 0) return undefined;
  const checkpoint = checkpoints.find((candidate) => candidate.version <= target);
  const first = (checkpoint?.version ?? -1) + 1;
  const needed = commits.filter((found) => found >= first && found <= target).toSorted((a, b) => a - b);
  if (needed.length !== target - first + 1) throw incompleteLog(table, target, firstGap(needed, first));
  return { version: target, commits: needed, ...(checkpoint && { checkpoint }) };
}

const firstGap = (versions: number[], first: number): number => {
  const index = versions.findIndex((version, i) => version !== first + i);
  return first + (index < 0 ? versions.length : index);
};

const incompleteLog = (table: string, version: number, missing: number): LakeError =>
  new LakeError(
    'LAKE_LOG_INCOMPLETE',
    `Version ${version} of ${table} cannot be read: its log lacks commit ${missing}.`,
    'Read a newer version; an old one is gone once the log has been cleaned up.',
  );
