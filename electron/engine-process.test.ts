import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type EngineProcess, type EngineState, readLine, startEngine } from './engine-process.ts';

/** A process that behaves as `script` says, and the states that the shell heard of. */
const run = (script: string, limits: { readyMsMax?: number; stopMsMax?: number } = {}) => {
  const states: EngineState[] = [];
  const waiting: { kind: string; found: (state: EngineState) => void }[] = [];
  const engine: EngineProcess = startEngine({
    command: process.execPath,
    args: ['-e', script],
    cwd: process.cwd(),
    env: process.env,
    readyMsMax: 30_000,
    stopMsMax: 30_000,
    ...limits,
    onState: (state) => {
      states.push(state);
      for (const wait of waiting) if (wait.kind === state.kind) wait.found(state);
    },
  });
  onTestFinished(() => engine.stop());
  const until = (kind: EngineState['kind']): Promise<EngineState> =>
    new Promise((resolve) => {
      const now = states.find((state) => state.kind === kind);
      if (now) resolve(now);
      else waiting.push({ kind, found: resolve });
    });
  return { engine, states, until };
};

const ready = `console.log('starting…'); console.log(JSON.stringify({ready: true, url: 'http://127.0.0.1:1234/?token=t'}));`;
const stays = `setInterval(() => {}, 1000);`;
/** Windows knows no SIGTERM: there the request to stop is a message. */
const stopsWhenAsked = `const stop = () => process.exit(0); process.on('SIGTERM', stop); process.on('message', stop);`;

describe('the engine as a child', () => {
  test('is running once it has said its address, and stops when asked', async () => {
    const { engine, states, until } = run(stopsWhenAsked + ready + stays);
    expect(await until('running')).toEqual({ kind: 'running', url: 'http://127.0.0.1:1234/?token=t' });
    await engine.stop();
    expect(states.map((state) => state.kind)).toEqual(['running', 'stopping', 'stopped']);
    expect(states.at(-1)).toEqual({ kind: 'stopped', reason: null });
  });

  test.skipIf(process.platform === 'win32')('is killed when it does not stop in time', async () => {
    const { engine, states, until } = run(`process.on('SIGTERM', () => {});${ready}${stays}`, { stopMsMax: 50 });
    await until('running');
    await engine.stop();
    expect(states.at(-1)).toEqual({ kind: 'stopped', reason: null });
    expect(() => process.kill(engine.pid!, 0)).toThrow(/ESRCH/);
  });

  test('that dies says how, with its last words', async () => {
    const { until } = run(`${ready} console.error('the disk is full'); setTimeout(() => process.exit(7), 50);`);
    await until('running');
    const state = await until('stopped');
    expect(state).toEqual({ kind: 'stopped', reason: 'It ended with exit code 7.\nthe disk is full' });
  });

  test('that fails to start gives its own sentence', async () => {
    const error = { code: 'WORKSPACE_BUSY', message: 'Another engine uses it.', hint: 'Stop that one first.' };
    const { until } = run(`console.log(JSON.stringify(${JSON.stringify({ error })})); process.exitCode = 2;`);
    expect(await until('stopped')).toEqual({ kind: 'stopped', reason: 'Another engine uses it. Stop that one first.' });
  });

  test('that never says that it is ready is ended', async () => {
    const { until } = run(stays, { readyMsMax: 50 });
    expect(await until('stopped')).toMatchObject({
      reason: expect.stringContaining('It did not say within 0.05 s that it is ready.'),
    });
  });

  test('that does not exist is reported, not thrown', async () => {
    const states: EngineState[] = [];
    const stopped = new Promise<void>((resolve) => {
      startEngine({
        command: '/nowhere/tiffin-engine',
        args: [],
        cwd: process.cwd(),
        env: {},
        readyMsMax: 30_000,
        stopMsMax: 1000,
        onState: (state) => {
          states.push(state);
          if (state.kind === 'stopped') resolve();
        },
      });
    });
    await stopped;
    expect(states).toEqual([{ kind: 'stopped', reason: expect.stringContaining('It could not be started') }]);
  });

  test('hears of the end of the shell by its closing channel', async () => {
    const shell = `
      const {spawn} = require('node:child_process');
      const child = spawn(process.execPath, ['-e', "process.on('disconnect', () => process.exit()); setInterval(() => {}, 1000)"], {stdio: ['ignore', 'ignore', 'ignore', 'ipc']});
      console.log(child.pid);`;
    const parent = spawn(process.execPath, ['-e', `${shell}${stays}`], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [bytes] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(bytes.toString());
    parent.kill('SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
};

describe('the line of the engine', () => {
  test.each(['', 'starting', '{', '{"ready":false}', '{"ready":true}', '{"ready":true,"url":"http://evil.example/"}'])(
    'that is %j says nothing to the shell',
    (line) => {
      expect(readLine(line)).toBeUndefined();
    },
  );
});
