/**
 * DuckDB's errors as problems with a line and a column. The connection has `errors_as_json` on, so the position is DuckDB's
 * own (a byte offset into the statement) and not read out of the text drawn under it.
 */
import { type Problem } from '../../contract/index.ts';
import { TiffinError } from '../../errors.ts';

export type QueryProblem = Problem & { readonly line?: number; readonly column?: number };

interface DuckdbError {
  readonly exception_type?: string;
  readonly exception_message?: string;
  readonly position?: string;
}

const hints: Readonly<Record<string, string>> = {
  Parser: 'Correct the statement at the marked place.',
  Catalog: 'SHOW ALL TABLES lists the tables and columns that exist.',
  Binder: 'SHOW ALL TABLES lists the tables and columns that exist.',
  'Out of Memory': 'Aggregate or filter first, or select fewer columns; the result need not fit on the screen.',
  Permission: 'A query may read the tables of the lake, and nothing else on this computer.',
  Conversion: 'TRY_CAST gives NULL instead of an error.',
};

const codeOf = (type: string): string => `SQL_${type.toUpperCase().replaceAll(/[^A-Z]+/g, '_')}`;

/** Was the statement stopped by `interrupt()`? */
export const isInterrupted = (error: unknown): boolean => /INTERRUPT/i.test(String(error));

/** `prefixBytes`: how much of our own text stood before the user's in the statement that failed. */
export const queryProblem = (error: unknown, sql: string, prefixBytes = 0): QueryProblem => {
  if (error instanceof TiffinError) {
    const { code, message, hint } = error;
    return { code, message, ...(hint !== undefined && { hint }) };
  }
  const told = parseDuckdbError(error);
  const type = told.exception_type ?? 'Error';
  const hint = hints[type];
  const position = told.position === undefined ? undefined : Number(told.position) - prefixBytes;
  return {
    code: codeOf(type),
    message: `${type === 'Error' ? '' : `${type}: `}${told.exception_message ?? String(error)}`,
    ...(hint !== undefined && { hint }),
    ...(position !== undefined && position >= 0 && placeOf(sql, position)),
  };
};

const parseDuckdbError = (error: unknown): DuckdbError => {
  const text = error instanceof Error ? error.message : String(error);
  const start = text.indexOf('{"exception_type"');
  if (start < 0) return { exception_message: text };
  try {
    return JSON.parse(text.slice(start)) as DuckdbError;
  } catch (parseError) {
    return { exception_message: `${text} (${String(parseError)})` };
  }
};

/** 1-based line and column (in characters) of a byte offset. */
export const placeOf = (sql: string, byteOffset: number): { line: number; column: number } => {
  const before = Buffer.from(sql).subarray(0, byteOffset).toString();
  const lines = before.split('\n');
  return { line: lines.length, column: lines.at(-1)!.length + 1 };
};
