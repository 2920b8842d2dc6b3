import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { chooseWorld, openWorkspace, readWorkspace, runningEngine } from './index.ts';

let dir: string;
let starterDir: string;
const open = (at = join(dir, 'ws')): ReturnType<typeof openWorkspace> => openWorkspace({ dir: at, starterDir });

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tiffin-workspace-'));
  starterDir = join(dir, 'starter');
  mkdirSync(join(starterDir, 'pipelines'), { recursive: true });
  writeFileSync(join(starterDir, 'pipelines', 'a.sql'), 'starter');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('a new workspace gets the sample files, its settings and its folders', async () => {
  const { paths, settings, lock } = await open();
  expect(readFileSync(join(paths.root, 'pipelines', 'a.sql'), 'utf8')).toBe('starter');
  expect(settings).toMatchObject({ format: 1, kafka: { mode: 'embedded' } });
  expect(existsSync(paths.tmp)).toBe(true);
  await lock.release();
  expect(readWorkspace(paths.root)?.settings).toEqual(settings);
});

test("the user's own files are never overwritten, and a deleted one does not come back", async () => {
  const at = join(dir, 'ws');
  mkdirSync(join(at, 'pipelines'), { recursive: true });
  writeFileSync(join(at, 'pipelines', 'a.sql'), 'mine');
  const first = await open(at);
  await first.lock.release();
  expect(readFileSync(join(at, 'pipelines', 'a.sql'), 'utf8')).toBe('mine');
  rmSync(join(at, 'pipelines', 'a.sql'));
  const second = await open(at);
  await second.lock.release();
  expect(existsSync(join(at, 'pipelines', 'a.sql'))).toBe(false);
});

test('the temporary folder is emptied at each start', async () => {
  const { paths, lock } = await open();
  writeFileSync(join(paths.tmp, 'left over'), '');
  await lock.release();
  const again = await open();
  expect(existsSync(join(paths.tmp, 'left over'))).toBe(false);
  await again.lock.release();
});

test('an unknown format is refused with a sentence, and nothing is changed', async () => {
  const at = join(dir, 'ws');
  mkdirSync(at);
  writeFileSync(join(at, 'tiffin.json'), '{"format": 99}');
  await expect(open(at)).rejects.toMatchObject({ code: 'UNKNOWN_WORKSPACE_VERSION' });
  expect(readFileSync(join(at, 'tiffin.json'), 'utf8')).toBe('{"format": 99}');
  expect(existsSync(join(at, 'engine.lock'))).toBe(false);
});

test('settings that are no JSON are refused with the path', async () => {
  const at = join(dir, 'ws');
  mkdirSync(at);
  writeFileSync(join(at, 'tiffin.json'), '{');
  await expect(open(at)).rejects.toMatchObject({ code: 'BAD_SETTINGS' });
});

test('a file in the place of the workspace is refused', async () => {
  writeFileSync(join(dir, 'ws'), '');
  await expect(open()).rejects.toMatchObject({ code: 'NOT_A_FOLDER' });
});

test("a second engine is refused and told the first one's address", async () => {
  const first = await open();
  first.lock.announce('http://127.0.0.1:4466/?token=t');
  await expect(open()).rejects.toMatchObject({
    code: 'WORKSPACE_IN_USE',
    message: expect.stringContaining('http://127.0.0.1:4466/') as string,
  });
  expect(await runningEngine(first.paths.root)).toMatchObject({
    pid: process.pid,
    url: 'http://127.0.0.1:4466/?token=t',
  });
  await first.lock.release();
  expect(await runningEngine(first.paths.root)).toBeUndefined();
});

test('the lock of an engine that was killed is taken over', async () => {
  const module = JSON.stringify(fileURLToPath(new URL('lock.ts', import.meta.url)));
  const at = join(dir, 'ws');
  mkdirSync(at);
  const script = `const { acquireLock } = await import(${module}); await acquireLock(${JSON.stringify(at)}); console.log('locked'); setInterval(() => {}, 1000);`;
  const other = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(other.stdout, 'data');
  await expect(open(at)).rejects.toMatchObject({ code: 'WORKSPACE_IN_USE' });
  other.kill('SIGKILL');
  await once(other, 'exit');
  const mine = await open(at);
  await mine.lock.release();
});

test('a lock whose process id belongs to another program by now is taken over', async () => {
  const at = join(dir, 'ws');
  mkdirSync(at);
  // Our own id is alive for sure, but nothing answers with that secret.
  writeFileSync(join(at, 'engine.lock'), JSON.stringify({ pid: process.pid, port: 1, secret: 'x', url: null }));
  const { lock } = await open(at);
  await lock.release();
});

test('a lock that was cut short by a crash is taken over', async () => {
  const at = join(dir, 'ws');
  mkdirSync(at);
  writeFileSync(join(at, 'engine.lock'), '{"pid": 1');
  const { lock } = await open(at);
  await lock.release();
});

test('the first choice of a city stays; another one is refused with both named', async () => {
  const { lock, ...workspace } = await open();
  expect(chooseWorld(workspace, {})).toEqual({ seed: 42 });
  expect(chooseWorld(workspace, { seed: 42 })).toEqual({ seed: 42 });
  expect(() => chooseWorld(workspace, { seed: 7 })).toThrow(/has seed 42, not 7/);
  expect(() => chooseWorld(workspace, { riders: 500 })).toThrow(/riders by default, not 500/);
  await lock.release();
});
