/** The desktop shell's way with the real engine, in all but the window: its command line, its ready line, its page, its end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { engineArguments, type EngineState, startEngine } from '../electron/engine-process.ts';
import { projectRoot } from './rooms.ts';

const start = (workspace: string) => {
  const waiting = new Map<EngineState['kind'], (state: EngineState) => void>();
  const states: EngineState[] = [];
  const engine = startEngine({
    command: process.execPath,
    args: engineArguments(projectRoot, workspace),
    cwd: workspace,
    env: process.env,
    readyMsMax: 50_000,
    stopMsMax: 20_000,
    onState: (state) => {
      states.push(state);
      waiting.get(state.kind)?.(state);
    },
  });
  onTestFinished(() => engine.stop());
  const until = <K extends EngineState['kind']>(kind: K): Promise<Extract<EngineState, { kind: K }>> =>
    new Promise((resolve) => {
      const seen = states.find((state) => state.kind === kind);
      if (seen === undefined) waiting.set(kind, (state) => resolve(state as Extract<EngineState, { kind: K }>));
      else resolve(seen as Extract<EngineState, { kind: K }>);
    });
  return { engine, until };
};

const temporary = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'tiffin-electron-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
};

test('the engine starts as the child of the shell, refuses a second one on its workspace, and stops cleanly', async () => {
  const workspace = temporary();
  const { engine, until } = start(workspace);
  const { url } = await until('running');
  expect((await fetch(new URL('/metrics', url))).status).toBeLessThan(500);

  const second = await start(workspace).until('stopped');
  expect(second.reason).toMatch(/workspace/i);

  await engine.stop();
  expect(await until('stopped')).toEqual({ kind: 'stopped', reason: null });
  expect(() => process.kill(engine.pid!, 0)).toThrow(/ESRCH/);
});
