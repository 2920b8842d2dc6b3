/** What the log tells of a commit. */
import type { DataFile, HistoryEntry } from './types.ts';
import type { Commit } from './state.ts';
import { toDataFile } from './state.ts';

export function historyEntry({ version, timestampMs, actions }: Commit): HistoryEntry {
  const info = actions.commitInfo;
  return {
    version,
    timestampMs,
    operation: info?.operation ?? 'UNKNOWN',
    operationParameters: info?.operationParameters ?? {},
    filesAdded: actions.add.length,
    filesRemoved: actions.remove.length,
    rowsAdded: actions.add.reduce((sum, add) => sum + (toDataFile(add).rows ?? 0), 0),
    ...(info?.tiffinCounters && { counters: info.tiffinCounters }),
  };
}

/** Files that brought rows: those that compaction only moved are not among them. */
export const newRowFiles = ({ actions }: Commit): DataFile[] =>
  actions.add.filter(({ dataChange }) => dataChange).map(toDataFile);

export const changesRows = ({ actions }: Commit): boolean => actions.remove.some(({ dataChange }) => dataChange);
