/**
 * The engine as the shell's child: start it, wait for its one line `{"ready":true,"url":…}`, notice its death, stop it.
 *
 * The engine is the same command that runs without a window (`tiffin up --headless --no-open --json`), so there is one
 * way to start it and one way to stop it: SIGTERM, or on Windows (which has none) the message `{type:'stop'}`. Should the
 * shell itself die, the closing channel tells the engine to stop.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export type EngineState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'running'; readonly url: string }
  | { readonly kind: 'stopping' }
  /** it ended because it was told to, or ended by itself: then `reason` says how, in sentences */
  | { readonly kind: 'stopped'; readonly reason: string | null };

export interface EngineOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly readyMsMax: number;
  readonly stopMsMax: number;
  readonly onState: (state: EngineState) => void;
}

export interface EngineProcess {
  readonly pid: number | undefined;
  /** Asks it to stop and waits; kills it when it takes longer than `stopMsMax`. */
  stop(): Promise<void>;
}

const errorLinesKept = 12;

/** Without `--port` the engine takes its usual one if it is free, so that what the page keeps for its origin (tabs, layout) is found again. */
export const engineArguments = (root: string, workspace: string): string[] => [
  join(root, 'engine', 'cli', 'main.ts'),
  'up',
  '--headless',
  '--no-open',
  '--json',
  '--workspace',
  workspace,
];

/** What a line of the engine's standard output says. Lines that are not for us are its own business. */
export const readLine = (line: string): { url: string } | { problem: string } | undefined => {
  if (!line.startsWith('{')) return undefined;
  let said: { ready?: unknown; url?: unknown; error?: { message?: unknown; hint?: unknown } };
  try {
    said = JSON.parse(line) as typeof said;
  } catch {
    return undefined;
  }
  if (said.ready === true && typeof said.url === 'string' && isLoopback(said.url)) return { url: said.url };
  const { message, hint } = said.error ?? {};
  return typeof message === 'string' ? { problem: [message, hint].filter(Boolean).join(' ') } : undefined;
};

/** Only an engine on this very machine is shown. */
export const isLoopback = (text: string): boolean => {
  const url = URL.parse(text);
  return url?.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
};

const ending = (code: number | null, signal: NodeJS.Signals | null): string =>
  signal === null ? `It ended with exit code ${code}.` : `It was ended by ${signal}.`;

/** Starts the engine. `onState` hears every change, the last one being `stopped`, exactly once. */
export const startEngine = (options: EngineOptions): EngineProcess => {
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    windowsHide: true,
  });
  const errors: string[] = [];
  let state: EngineState = { kind: 'starting' };
  /** what the engine itself said is wrong; else how it ended, with its last lines */
  let problem: string | null = null;
  let late: string | null = null;
  let stopping: Promise<void> | undefined;
  const set = (next: EngineState): void => {
    if (state.kind === 'stopped') return;
    state = next;
    options.onState(next);
  };

  const impatience = setTimeout(() => {
    late = `It did not say within ${options.readyMsMax / 1000} s that it is ready.`;
    child.kill('SIGKILL');
  }, options.readyMsMax);

  createInterface({ input: child.stdout! }).on('line', (line) => {
    const said = readLine(line);
    if (said === undefined) return;
    if ('problem' in said) problem = said.problem;
    else if (state.kind === 'starting') {
      clearTimeout(impatience);
      set({ kind: 'running', url: said.url });
    }
  });
  createInterface({ input: child.stderr! }).on('line', (line) => {
    process.stderr.write(`${line}\n`);
    errors.push(line);
    if (errors.length > errorLinesKept) errors.shift();
  });

  const ended = new Promise<void>((resolve) => {
    const finish = (how: string): void => {
      clearTimeout(impatience);
      set({ kind: 'stopped', reason: stopping ? null : (problem ?? [late ?? how, ...errors].join('\n')) });
      resolve();
    };
    child.once('error', (error) => finish(`It could not be started: ${error.message}.`));
    // 'close' rather than 'exit': by then all that it said has been read
    child.once('close', (code, signal) => finish(ending(code, signal)));
  });

  const stop = async (): Promise<void> => {
    if (state.kind === 'stopped') return;
    set({ kind: 'stopping' });
    askToStop(child);
    const kill = setTimeout(() => child.kill('SIGKILL'), options.stopMsMax);
    await ended;
    clearTimeout(kill);
  };
  return { pid: child.pid, stop: () => (stopping ??= stop()) };
};

const askToStop = (child: ChildProcess): void => {
  if (process.platform !== 'win32') child.kill('SIGTERM');
  else if (child.connected) child.send({ type: 'stop' });
};
