/** What can be wrong with the database that is captured, in the words of the user. */
import { Failure } from '../failure.ts';
import type { TableAccount } from './changeLog.ts';

export function missing(path: string): Failure {
  return new Failure(
    'CDC_SOURCE_MISSING',
    `The database ${path} is gone; changes were captured from it before.`,
    'Put the file back, or start with a new workspace.',
  );
}

export function replaced(path: string, position: number): Failure {
  return new Failure(
    'CDC_SOURCE_REPLACED',
    `${path} is not the database that was captured before: its change log differs at position ${position}.`,
    'Put the former file back, or start with a new workspace.',
  );
}

export function incomplete(path: string, { table, rows, logged }: TableAccount): Failure {
  return new Failure(
    'CDC_LOG_INCOMPLETE',
    `In ${path} the table ${table} has ${rows} rows, but its change log accounts for ${logged}.`,
    'The log has to have been written since the table was made: start with a new workspace.',
  );
}

export function stateLost(last: number): Failure {
  return new Failure(
    'CDC_STATE_LOST',
    `Kafka has changes up to position ${last}, but ingest.db does not know the snapshot that they follow.`,
    'Put ingest.db back, or start with a new workspace.',
  );
}
