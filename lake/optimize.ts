/**
 * Compaction: many small files of a partition become few large ones, with the same rows. Other commits may go on meanwhile; the commit is
 * tried again on top of them as long as they left the compacted files alone.
 */
import { MERGED_TAG } from './merge-plan.ts';
import { partitionKey } from './partition.ts';
import { scanSql } from './scan.ts';
import type { TableState } from './state.ts';
import type { Change, CommitResult, DataFile, OptimizeOptions, OptimizeResult, WriteShape } from './types.ts';

const MIB = 1024 * 1024;
const ATTEMPTS_MAX = 20;

interface Optimize {
  location: string;
  head: () => Promise<TableState | undefined>;
  commit: (change: Change) => Promise<CommitResult>;
  write: (select: string, shape: WriteShape) => Promise<DataFile[]>;
}

export async function optimizeTable(table: Optimize, options: OptimizeOptions): Promise<OptimizeResult> {
  const state = await table.head();
  const bins = state ? planBins(state.files, state.metadata.partitionColumns, options) : [];
  if (!state || bins.length === 0) return { kind: 'nothing' };
  const shape = { columns: state.columns, partitionBy: state.metadata.partitionColumns };
  const add: DataFile[] = [];
  for (const bin of bins) {
    add.push(...(await table.write(`SELECT * FROM ${scanSql(table, bin, shape.columns, shape.partitionBy)}`, shape)));
  }
  return await commitCompaction(table, add, bins.flat());
}

/**
 * Groups of files to write as one, oldest first so that rows keep their order. Files that merging made have the size they need: larger ones
 * would have to be written anew as a whole for the next changed row.
 */
export function planBins(
  files: readonly DataFile[],
  partitionBy: readonly string[],
  { smallBytesMax = 32 * MIB, targetBytes = 128 * MIB, filesMin = 4 }: OptimizeOptions,
): DataFile[][] {
  const small = files.filter((file) => file.sizeBytes < smallBytesMax && !file.tags?.[MERGED_TAG]);
  const partitions = Map.groupBy(small, (file) => partitionKey(file, partitionBy)).values();
  return [...partitions]
    .flatMap((group) => fill(group, targetBytes))
    .filter((bin) => bin.length >= Math.max(2, filesMin));
}

function fill(files: readonly DataFile[], targetBytes: number): DataFile[][] {
  const bins: DataFile[][] = [];
  let room = 0;
  for (const file of files) {
    if (bins.length === 0 || file.sizeBytes > room) {
      bins.push([]);
      room = targetBytes;
    }
    bins.at(-1)!.push(file);
    room -= file.sizeBytes;
  }
  return bins;
}

async function commitCompaction(table: Optimize, add: DataFile[], remove: DataFile[]): Promise<OptimizeResult> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const state = await table.head();
    const present = new Set(state?.files.map(({ path }) => path));
    if (!state || remove.some(({ path }) => !present.has(path))) break;
    const change = { readVersion: state.version, operation: 'OPTIMIZE', add, remove, dataChange: false };
    const result = await table.commit(change);
    if (result.kind === 'committed') {
      const bytes = add.reduce((sum, file) => sum + file.sizeBytes, 0);
      return { ...result, filesRemoved: remove.length, filesAdded: add.length, bytes };
    }
  }
  return { kind: 'conflict', version: (await table.head())?.version ?? -1 };
}
