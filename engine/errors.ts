/**
 * Failures as the engine tells them: a code, one sentence that says what is wrong and where, and what to do about it.
 * Foreign errors (the file system's, the network's) are turned into such sentences once, here, at the edge.
 */
import type { Problem } from './contract/index.ts';

export class TiffinError extends Error {
  override readonly name = 'TiffinError';
  readonly code: string;
  readonly hint: string | undefined;

  constructor(code: string, message: string, hint?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
  }
}

/** Wrong use of the command line: exit code 2 instead of 1. */
export class UsageError extends TiffinError {}

const systemSentences: Readonly<Record<string, (where: string) => readonly [message: string, hint: string]>> = {
  ENOSPC: (where) => [`The disk is full${where}.`, 'Free some space and start again: nothing that was stored is lost.'],
  EDQUOT: (where) => [
    `The disk quota is used up${where}.`,
    'Free some space and start again: nothing that was stored is lost.',
  ],
  EACCES: (where) => [
    `Permission denied${where}.`,
    'Check who owns the folder, or choose another one with --workspace.',
  ],
  EPERM: (where) => [
    `Permission denied${where}.`,
    'Check who owns the folder, or choose another one with --workspace.',
  ],
  EROFS: (where) => [`The file system is read-only${where}.`, 'Choose another folder with --workspace.'],
  ENOENT: (where) => [`No such file or folder${where}.`, 'Check the path.'],
  ENOTDIR: (where) => [`A folder is needed, but a file is there${where}.`, 'Check the path.'],
  EEXIST: (where) => [
    `Something else is in the way${where}.`,
    'Move it away, or choose another folder with --workspace.',
  ],
  EMFILE: (where) => [`Too many files are open${where}.`, 'Raise the limit (ulimit -n) and start again.'],
  EADDRINUSE: (where) => [
    `The port is already in use${where}.`,
    'Choose another one with --port, or stop what uses it.',
  ],
};

interface Loose {
  readonly code?: unknown;
  readonly hint?: unknown;
  readonly path?: unknown;
  readonly address?: unknown;
  readonly port?: unknown;
}

/** What went wrong, as plain data. Never holds a stack. */
export const problemOf = (error: unknown): Problem => {
  const atMs = Date.now();
  if (!(error instanceof Error)) return { code: 'UNKNOWN', message: String(error), atMs };
  const { code, hint, path, address, port } = error as Error & Loose;
  const sentence = typeof code === 'string' ? systemSentences[code] : undefined;
  if (sentence && typeof hint !== 'string') {
    const [message, advice] = sentence(placeOf(path, address, port));
    return { code: code as string, message, hint: advice, atMs };
  }
  const fullDisk = /no space left on device|disk is full|SQLITE_FULL/i.test(`${String(code)} ${error.message}`);
  if (fullDisk && typeof hint !== 'string') {
    const [message, advice] = systemSentences['ENOSPC']!(` (${firstLine(error.message)})`);
    return { code: 'ENOSPC', message, hint: advice, atMs };
  }
  return {
    code: typeof code === 'string' ? code : 'UNEXPECTED',
    message: error.message === '' ? error.name : error.message,
    ...(typeof hint === 'string' && { hint }),
    atMs,
  };
};

const placeOf = (path: unknown, address: unknown, port: unknown): string => {
  if (typeof path === 'string') return `: ${path}`;
  if (typeof port === 'number') return `: ${typeof address === 'string' ? address : ''}:${port}`;
  return '';
};

export const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

/** The other way: a problem that travelled as data becomes an error again. */
export const errorOf = (problem: Problem): TiffinError => new TiffinError(problem.code, problem.message, problem.hint);

/** One or two lines for a terminal. */
export const sentenceOf = (problem: Problem): string =>
  problem.hint === undefined ? problem.message : `${problem.message}\n  ${problem.hint}`;
