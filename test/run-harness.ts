/** Runs the command `tiffin` as a user does: as a process, with what it prints and how it exits. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogLine, RunReport } from '../engine/contract/index.ts';

const projectRoot = join(import.meta.dirname, '..');
const main = join(projectRoot, 'engine', 'cli', 'main.ts');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  /** What it has printed on standard error so far. */
  stderr(): string;
  stdout(): string;
  readonly ended: Promise<Ended>;
}

/** `ownGroup`: it and the processes that it starts can be sent a signal together (not on Windows). */
export const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}, ownGroup = false): Running => {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: tmpdir(),
    detached: ownGroup,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { process: child, stderr: () => stderr, stdout: () => stdout, ended };
};

export const tiffin = (...args: readonly string[]): Promise<Ended> => start(args).ended;

/** The report of a run that was told to print JSON. Shows what it said when there is none. */
export const reportOf = ({ stdout, stderr, code }: Ended): RunReport => {
  try {
    return JSON.parse(stdout) as RunReport;
  } catch (error) {
    throw new Error(`no report (exit code ${code}):\n${stdout}\n${stderr}`, { cause: error });
  }
};

/** A folder that is gone after the test. */
export const temporaryDir = (): { readonly path: string; remove(): void } => {
  const path = mkdtempSync(join(tmpdir(), 'tiffin-run-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }) };
};

/** The newest process id of a part of the platform, as the engine's log tells. */
export const pidOf = (workspace: string, name: string): number | undefined => {
  const path = join(workspace, 'logs', 'engine.jsonl');
  if (!existsSync(path)) return undefined;
  const lines = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '');
  const started = lines
    .map((line) => JSON.parse(line) as LogLine)
    .findLast((line) => line.process === name && line.message === 'started');
  return started?.fields?.['pid'] as number | undefined;
};
