/**
 * A row of the change log as Maxwell writes it (https://maxwells-daemon.io/dataformat/): `ts` in seconds, `commit` on the last
 * row of a transaction, `old` with the former values of what an update changed. `data` and `old` are JSON in the log already
 * and go through untouched. Rows of the snapshot are of type `bootstrap-insert` and belong to no transaction.
 */
import type { ChangeRow } from './changeLog.ts';

export const database = 'shop';

export function topicOf(table: string): string {
  return `cdc.${database}.${table}`;
}

export function changeMessage(row: ChangeRow, endsTransaction: boolean): Buffer {
  const commit = endsTransaction ? ',"commit":true' : '';
  return message(row, row.type, `,"xid":${row.xid}${commit},"position":${row.position}`, row.old);
}

/** `position` is the snapshot's: every later change of the row has a higher one. */
export function bootstrapMessage(row: ChangeRow, position: number): Buffer {
  return message(row, 'bootstrap-insert', `,"position":${position}`, null);
}

function message(row: ChangeRow, type: string, place: string, old: string | null): Buffer {
  const head = `{"database":"${database}","table":${JSON.stringify(row.table_name)},"type":"${type}"`;
  const tail = old === null ? '' : `,"old":${old}`;
  return Buffer.from(`${head},"ts":${Math.floor(row.ts_ms / 1000)}${place},"data":${row.data}${tail}}`);
}
