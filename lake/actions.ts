/**
 * The actions of a Delta commit, as far as this lake knows them, and their text: one JSON object a line.
 * Unknown actions and fields are kept out of the way: the protocol action says whether they may be.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#actions
 */
import { LakeError } from './errors.ts';
import type { JsonValue } from './types.ts';

export interface Protocol {
  minReaderVersion: number;
  minWriterVersion: number;
  readerFeatures?: string[];
  writerFeatures?: string[];
}

export interface Metadata {
  id: string;
  format: { provider: string; options: Record<string, string> };
  schemaString: string;
  partitionColumns: string[];
  configuration: Record<string, string>;
  createdTime?: number;
}

export interface Add {
  path: string;
  partitionValues: Record<string, string | null>;
  size: number;
  modificationTime: number;
  dataChange: boolean;
  stats?: string;
  tags?: Record<string, string>;
}

export interface Remove {
  path: string;
  deletionTimestamp?: number;
  dataChange: boolean;
  extendedFileMetadata?: boolean;
  partitionValues?: Record<string, string | null>;
  size?: number;
}

export interface Transaction {
  appId: string;
  version: number;
  lastUpdated?: number;
}

export interface CommitInfo {
  timestamp?: number;
  operation?: string;
  operationParameters?: Record<string, JsonValue>;
  /** Ours: the flow's cumulative counters, carried on by every commit. */
  tiffinCounters?: Record<string, number>;
  [field: string]: JsonValue | undefined | Record<string, JsonValue>;
}

export interface Actions {
  commitInfo?: CommitInfo;
  protocol?: Protocol;
  metaData?: Metadata;
  txn: Transaction[];
  remove: Remove[];
  add: Add[];
}

export const noActions = (): Actions => ({ txn: [], remove: [], add: [] });

export function serialiseActions(actions: Actions): string {
  const lines: object[] = [];
  if (actions.commitInfo) lines.push({ commitInfo: actions.commitInfo });
  if (actions.protocol) lines.push({ protocol: actions.protocol });
  if (actions.metaData) lines.push({ metaData: actions.metaData });
  for (const txn of actions.txn) lines.push({ txn });
  for (const remove of actions.remove) lines.push({ remove });
  for (const add of actions.add) lines.push({ add });
  return `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;
}

/** `where` names the commit in the error for a torn or foreign file. */
export function parseActions(text: string, where: string): Actions {
  const actions = noActions();
  for (const line of text.split('\n')) {
    if (line.trim() !== '') take(actions, parseLine(line, where));
  }
  return actions;
}

/** Puts one line's (or one checkpoint row's) action where it belongs. */
export function take(actions: Actions, line: Partial<Record<keyof Actions, object | null>>): void {
  if (line.add) actions.add.push(line.add as Add);
  else if (line.remove) actions.remove.push(line.remove as Remove);
  else if (line.txn) actions.txn.push(line.txn as Transaction);
  else if (line.commitInfo) actions.commitInfo = line.commitInfo as CommitInfo;
  else if (line.metaData) actions.metaData = line.metaData as Metadata;
  else if (line.protocol) actions.protocol = line.protocol as Protocol;
}

function parseLine(line: string, where: string): Partial<Record<keyof Actions, object | null>> {
  try {
    return JSON.parse(line) as Partial<Record<keyof Actions, object | null>>;
  } catch (cause) {
    throw new LakeError(
      'LAKE_LOG_DAMAGED',
      `The commit ${where} is damaged: a line of it is not JSON.`,
      'Restore that file from a copy. If it is the newest commit of the table and was torn by a crash, delete it.',
      { cause },
    );
  }
}
