/** What the command line prints: results on standard output, narration on standard error, failures as one sentence and a hint. */
import type { LogLine } from '../contract/index.ts';
import { problemOf, sentenceOf, UsageError } from '../errors.ts';

export const exitCodes = { done: 0, no: 1, wrongUse: 2 } as const;

export const print = (text: string): void => void process.stdout.write(`${text}\n`);
export const narrate = (text: string): void => void process.stderr.write(`${text}\n`);
export const printJson = (value: unknown): void => print(JSON.stringify(value));

/** A line of the log as the terminal shows it: what to do about it is on a line of its own. */
export const logText = ({ message, fields }: Pick<LogLine, 'message' | 'fields'>): string => {
  const hint = fields?.['hint'];
  return typeof hint === 'string' ? `${message}\n  ${hint}` : message;
};

/** Codes of failures that mean wrong use of the command rather than a no. */
const usageCodes = new Set([
  'PORT_IN_USE',
  'WORKSPACE_IN_USE',
  'UNKNOWN_WORKSPACE_VERSION',
  'BAD_SETTINGS',
  'NOT_A_FOLDER',
  'NO_WORKSPACE',
  'OTHER_WORLD',
]);

/** Tells a failure and gives the exit code for it. With `json`, standard output carries it too. */
export const tellFailure = (error: unknown, json = false): number => {
  const problem = problemOf(error);
  if (process.env['TIFFIN_DEBUG']) console.error(error);
  narrate(sentenceOf(problem));
  if (json) printJson({ error: { code: problem.code, message: problem.message, hint: problem.hint ?? null } });
  return error instanceof UsageError || usageCodes.has(problem.code) ? exitCodes.wrongUse : exitCodes.no;
};

const numberPattern = /^-?\d+(\.\d+)?$/;

/** Aligned columns; numbers to the right. */
export const tableText = (header: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)));
  const right = header.map(
    (_, i) => rows.length > 0 && rows.every((row) => numberPattern.test((row[i] ?? '').replaceAll(',', ''))),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (right[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  return [line(header), line(widths.map((width) => '─'.repeat(width))), ...rows.map(line)].join('\n');
};

/** 12345.6 → "12,346" */
export const count = (value: number): string => Math.round(value).toLocaleString('en-US');
