import type { DataFile, MergeResult, MergeSpec, Snapshot, Sql, WriteShape } from './types.ts';
import type { WriteOptions } from './write.ts';

export interface MergeTarget {
  name: string;
  location: string;
  sql: Sql;
  write: (select: string, shape: WriteShape, options?: WriteOptions) => Promise<DataFile[]>;
}

export async function mergeFiles(
  _target: MergeTarget,
  _snapshot: Snapshot,
  _source: string,
  _spec: MergeSpec,
): Promise<MergeResult> {
  throw new Error('coming in the next commit');
}
