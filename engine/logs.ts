/**
 * The log of all processes: the newest lines in memory for the UI, all of them as JSON lines in the workspace's `logs/`.
 * The file is rotated at a fixed size, so that a platform left running does not fill the disk.
 */
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { LogLine, ProcessName } from './contract/index.ts';

export type Level = LogLine['level'];
export type Log = (level: Level, message: string, fields?: object) => void;

const ranks: Readonly<Record<Level, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
const keptLinesMax = 5_000;
const fileBytesMax = 8 * 1024 * 1024;

export interface LogQuery {
  readonly process?: ProcessName | undefined;
  readonly level: Level;
  readonly limit: number;
}

export interface Logs {
  add(line: LogLine): void;
  /** The newest lines, oldest first. */
  list(query: LogQuery): LogLine[];
  logOf(process: ProcessName): Log;
  close(): void;
}

export interface LogsOptions {
  /** Folder of the log file; none: memory only. */
  readonly dir?: string;
  /** Called for each line, e.g. to print it. */
  readonly onLine?: (line: LogLine) => void;
}

export const openLogs = (options: LogsOptions = {}): Logs => {
  const kept: LogLine[] = [];
  const file = options.dir === undefined ? undefined : openFile(options.dir);
  const add = (line: LogLine): void => {
    kept.push(line);
    if (kept.length > keptLinesMax * 1.1) kept.splice(0, kept.length - keptLinesMax);
    if (line.level !== 'debug') file?.write(`${JSON.stringify(line)}\n`);
    options.onLine?.(line);
  };
  return {
    add,
    list: ({ process, level, limit }) =>
      kept
        .filter((line) => ranks[line.level] >= ranks[level] && (process === undefined || line.process === process))
        .slice(-limit),
    logOf: (process) => (level, message, fields) =>
      add({ atMs: Date.now(), process, level, message, ...(fields && { fields: fields as Record<string, unknown> }) }),
    close: () => file?.close(),
  };
};

interface LogFile {
  write(text: string): void;
  close(): void;
}

const openFile = (dir: string): LogFile => {
  mkdirSync(dir, { recursive: true });
  const path = join(dir, 'engine.jsonl');
  let fd = openSync(path, 'a');
  let sizeBytes = fstatSync(fd).size;
  let failed = false;
  const rotate = (): void => {
    closeSync(fd);
    renameSync(path, join(dir, 'engine.1.jsonl'));
    fd = openSync(path, 'a');
    sizeBytes = 0;
  };
  return {
    // A log that cannot be written (disk full) must not stop the platform: the lines stay in memory.
    write: (text) => {
      try {
        if (sizeBytes > fileBytesMax) rotate();
        sizeBytes += writeSync(fd, text);
        failed = false;
      } catch (error) {
        if (!failed) process.stderr.write(`The log ${path} cannot be written: ${String(error)}\n`);
        failed = true;
      }
    },
    close: () => closeSync(fd),
  };
};
