/** A real engine for the browser tests, started as a user starts it, in a workspace of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const projectRoot = join(import.meta.dirname, '..', '..');
const startTimeoutMs = 90_000;
const stopTimeoutMs = 30_000;

export interface Engine {
  /** The address that it printed, with the token. */
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

const addressOf = async (child: ChildProcess): Promise<string> => {
  const lines = createInterface({ input: child.stdout! });
  const said: string[] = [];
  for await (const line of lines) {
    said.push(line);
    const url = /https?:\/\/\S+token=\S+/.exec(line)?.[0];
    if (url !== undefined) return url;
  }
  throw new Error(`The engine ended without an address. It said:\n${said.join('\n')}`);
};

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  await ended;
  clearTimeout(timer);
};

export const startEngine = async (workspace: string, port = 0): Promise<Engine> => {
  const args = [
    'engine/cli/main.ts',
    'up',
    '--headless',
    '--no-open',
    '--port',
    String(port),
    '--workspace',
    workspace,
  ];
  const child = spawn(process.execPath, args, { cwd: projectRoot, stdio: ['ignore', 'pipe', 'inherit'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), startTimeoutMs);
  try {
    const url = await addressOf(child);
    child.stdout!.resume();
    return { url, port: Number(new URL(url).port), stop: () => stop(child) };
  } finally {
    clearTimeout(timer);
  }
};
