import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findElectron, openPage } from './open.ts';

// Stand-ins for Electron's binary and the system's browser opener: programs that write down how they were called.
let dir: string;
const told: string[] = [];
const url = 'http://127.0.0.1:4466/?token=secret';

const program = (path: string, script: string): void => {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
};
const electron = (script: string): void => {
  program(join(dir, 'node_modules', 'electron', 'dist', 'electron'), script);
  writeFileSync(join(dir, 'node_modules', 'electron', 'path.txt'), 'electron');
  mkdirSync(join(dir, 'dist', 'electron'), { recursive: true });
  writeFileSync(join(dir, 'dist', 'electron', 'main.js'), '');
};
const open = (onClosed: () => void = () => undefined): ReturnType<typeof openPage> =>
  openPage({ url, projectDir: dir, workspaceDir: '/somewhere', tell: (text) => told.push(text), onClosed });
const written = (name: string): Promise<string> =>
  vi.waitFor(() => {
    const text = readFileSync(join(dir, name), 'utf8');
    expect(text).not.toBe('');
    return text.trim();
  }, 10_000);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tiffin-open-'));
  told.length = 0;
  vi.stubEnv('DISPLAY', ':99');
  vi.stubEnv('PATH', `${join(dir, 'bin')}${delimiter}${process.env['PATH']}`);
  program(
    join(dir, 'bin', process.platform === 'darwin' ? 'open' : 'xdg-open'),
    `echo "$1" > '${join(dir, 'browser')}'`,
  );
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true, force: true });
});

describe.skipIf(process.platform === 'win32')('the page (on Windows the stand-ins cannot run)', () => {
  test("is shown in Electron's window, with its address in the environment and not on the command line", async () => {
    electron(`echo "$TIFFIN_ENGINE_URL $TIFFIN_WORKSPACE $*" > '${join(dir, 'window')}'; exec sleep 30`);
    const opened = await open();
    expect(opened.how).toBe('window');
    expect(await written('window')).toBe(`${url} /somewhere ${dir}`);
    expect(existsSync(join(dir, 'browser'))).toBe(false);
    opened.close();
  });

  test('tells when the window was closed by the user', async () => {
    electron('sleep 3');
    const closed = Promise.withResolvers<void>();
    expect((await open(closed.resolve)).how).toBe('window');
    await closed.promise;
  });

  test('is shown in the browser when the window does not open', async () => {
    electron('exit 127');
    expect((await open()).how).toBe('browser');
    expect(await written('browser')).toBe(url);
  });

  test('is shown in the browser when Electron is not there and its installer does not bring it', async () => {
    const installer = join(dir, 'node_modules', 'electron', 'install.js');
    mkdirSync(join(installer, '..'), { recursive: true });
    writeFileSync(installer, 'process.exit(1)');
    expect(findElectron(dir)).toBeUndefined();
    expect((await open()).how).toBe('browser');
    expect(told[0]).toContain('Fetching Electron');
  });

  test('is shown in the window when the installer brings Electron', async () => {
    electron('exec sleep 30');
    const pathFile = join(dir, 'node_modules', 'electron', 'path.txt');
    rmSync(pathFile);
    writeFileSync(
      join(dir, 'node_modules', 'electron', 'install.js'),
      `require('node:fs').writeFileSync(${JSON.stringify(pathFile)}, 'electron')`,
    );
    const opened = await open();
    expect(opened.how).toBe('window');
    opened.close();
  });

  test.runIf(process.platform === 'linux')('is not shown where there is no display', async () => {
    vi.stubEnv('DISPLAY', undefined);
    vi.stubEnv('WAYLAND_DISPLAY', undefined);
    electron('exec sleep 30');
    expect((await open()).how).toBe('nothing');
  });
});
