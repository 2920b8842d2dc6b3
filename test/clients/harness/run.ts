/** Runs a program to its end: no shell, input from a string, output as text, and a limit in time. */
import { spawn } from 'node:child_process';

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string | Buffer;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly timeoutMs?: number;
  /** hears its standard output while it runs */
  readonly onOutput?: (text: string) => void;
}

/** Resolves with whatever code it ended with; rejects when it cannot be started or takes too long. */
export const run = (command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: options.cwd, env: { ...process.env, ...options.env } });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    const timeoutMs = options.timeoutMs ?? 60_000;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.stdout.on('data', (chunk: Buffer) => {
      out.push(chunk);
      options.onOutput?.(chunk.toString());
    });
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      const ran = { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
      if (late)
        reject(new Error(`${shown(command, args)} took longer than ${timeoutMs} ms\n${ran.stdout}${ran.stderr}`));
      else resolve(ran);
    });
    // a program that ends before it has read all of its input is judged by its exit code
    child.stdin.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') reject(error);
    });
    child.stdin.end(options.input);
  });

/** The same, where any other end than exit code 0 is an error that shows what it said. */
export const runOk = async (command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> => {
  const ran = await run(command, args, options);
  if (ran.code !== 0)
    throw new Error(`${shown(command, args)} ended with code ${ran.code}\n${ran.stdout}\n${ran.stderr}`);
  return ran;
};

const shown = (command: string, args: readonly string[]): string => [command, ...args].join(' ').slice(0, 400);
