/**
 * Where merged rows go. The files of a merged table are kept in the order of its keys, like the leaves of a B-tree: a changed row stays in its
 * file's place, a new one goes to the file whose range it falls into, and rows beyond the last file extend it until it is full. So files of
 * old keys are left alone once changes move on to newer ones. Pure.
 */
import type { DataFile } from './types.ts';

/** Marks the files that merging wrote, with the keys that they are ordered by. */
export const MERGED_TAG = 'tiffin.mergedBy';

/** A file in the order of keys, at the position of its index. */
export interface Leaf {
  file: DataFile;
  /** Rows of it that are replaced or deleted. */
  changedRows: number;
  deletedRows: number;
  /** New rows that fall into its range. */
  insertedRows: number;
}

/** Neighbouring files that are written anew as one sequence of rows. */
export interface Run {
  files: DataFile[];
  /** Positions of the rows that come in: first to last, both included. */
  from: number;
  to: number;
  /** A new file begins after so many rows; `undefined`: one file holds all. */
  rowsPerFile?: number;
}

/** `unplacedRows`: new rows below every file, or all when there is none. They are taken for position 0. */
export function planRuns(leaves: readonly Leaf[], unplacedRows: number, fileRowsMax: number): Run[] {
  if (leaves.length === 0)
    return unplacedRows === 0 ? [] : [{ files: [], from: 0, to: 0, ...split(unplacedRows, fileRowsMax, true) }];
  const placed = leaves.map((leaf, i) =>
    i === 0 ? { ...leaf, insertedRows: leaf.insertedRows + unplacedRows } : leaf,
  );
  const runs: { from: number; to: number }[] = [];
  placed.forEach((leaf, position) => {
    if (leaf.changedRows === 0 && leaf.insertedRows === 0) return;
    const last = runs.at(-1);
    if (last?.to === position - 1) last.to = position;
    else runs.push({ from: position, to: position });
  });
  return runs.map((run) => toRun(placed, run, fileRowsMax));
}

function toRun(leaves: readonly Leaf[], { from, to }: { from: number; to: number }, fileRowsMax: number): Run {
  const members = leaves.slice(from, to + 1);
  const isTail = to === leaves.length - 1;
  const tail = members.at(-1)!;
  // A full last file that only gets new rows beyond its end is left as it is; they start the next file.
  const keepsTail = isTail && tail.changedRows === 0 && (tail.file.rows ?? 0) >= fileRowsMax;
  const rewritten = keepsTail ? members.slice(0, -1) : members;
  const inserted = members.reduce((sum, leaf) => sum + leaf.insertedRows - leaf.deletedRows, 0);
  const rows = rewritten.reduce((sum, leaf) => sum + (leaf.file.rows ?? 0), inserted);
  return { files: rewritten.map(({ file }) => file), from, to, ...split(rows, fileRowsMax, isTail) };
}

/** The tail is cut into full files, so that they can settle; elsewhere into equal ones, which have room to grow. */
function split(rows: number, fileRowsMax: number, isTail: boolean): { rowsPerFile?: number } {
  if (rows <= fileRowsMax * 1.5) return {};
  return { rowsPerFile: isTail ? fileRowsMax : Math.ceil(rows / Math.ceil(rows / fileRowsMax)) };
}
