import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const bin = fileURLToPath(new URL('bin.js', import.meta.url));

/** A Node of the system that is too old to run TypeScript, if there is one. */
const oldNode = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => {
  const version = existsSync(path) ? spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout : '';
  return version !== '' && Number(/\d+/.exec(version)![0]) < 24;
});

test('the launcher runs the command with this Node, and hands on its exit code', () => {
  const help = spawnSync(process.execPath, [bin, '--help'], { encoding: 'utf8' });
  expect(help).toMatchObject({ status: 0 });
  expect(help.stdout).toContain('Usage: tiffin');
  expect(spawnSync(process.execPath, [bin, 'nonsense']).status).toBe(2);
});

describe.runIf(oldNode !== undefined)(`with an older Node${oldNode ? '' : ' (not run: this system has none)'}`, () => {
  test('the Node of the dependencies takes over, with arguments and exit code', () => {
    expect(spawnSync(oldNode!, [bin, '--version'], { encoding: 'utf8' }).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(spawnSync(oldNode!, [bin, 'nonsense']).status).toBe(2);
  });

  test('a signal reaches the command, which stops cleanly', { timeout: 60_000 }, async () => {
    const dir = mkdtempSync(join(tmpdir(), 'tiffin-bin-'));
    const child = spawn(oldNode!, [bin, 'broker', '--port', '0', '--data', dir], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    rmSync(dir, { recursive: true });
  });
});
