/**
 * Shows the page: in Electron's window when its binary is there (or its own installer brings it quickly), else in the browser.
 * Neither is needed for the platform to run, so what goes wrong here is told and not fatal.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const installMsMax = 20_000;
const tickEveryMs = 5_000;

export interface OpenOptions {
  readonly url: string;
  readonly projectDir: string;
  readonly workspaceDir: string;
  readonly tell: (text: string) => void;
  /** The window was closed by the user. */
  readonly onClosed: () => void;
}

export interface Opened {
  readonly how: 'window' | 'browser' | 'nothing';
  close(): void;
}

export const openPage = async (options: OpenOptions): Promise<Opened> => {
  const binary = hasDisplay() ? await electronBinary(options) : undefined;
  const window =
    binary !== undefined && (await buildShell(options.projectDir)) ? await openWindow(binary, options) : undefined;
  if (window) return { how: 'window', close: () => void window.kill() };
  const opened = hasDisplay() && openBrowser(options.url);
  return { how: opened ? 'browser' : 'nothing', close: () => undefined };
};

/** Without a display neither a window nor a browser can open. */
const hasDisplay = (): boolean =>
  process.platform !== 'linux' || Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']);

/** Where the `electron` package keeps its binary, if it was fetched. */
export const findElectron = (projectDir: string): string | undefined => {
  const dir = join(projectDir, 'node_modules', 'electron');
  const pathFile = join(dir, 'path.txt');
  if (!existsSync(pathFile)) return undefined;
  const dist = process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(dir, 'dist');
  const binary = join(dist, readFileSync(pathFile, 'utf8').trim());
  return existsSync(binary) ? binary : undefined;
};

const electronBinary = async (options: OpenOptions): Promise<string | undefined> => {
  const found = findElectron(options.projectDir);
  if (found !== undefined) return found;
  const installer = join(options.projectDir, 'node_modules', 'electron', 'install.js');
  if (!existsSync(installer)) return undefined;
  options.tell(
    `Fetching Electron for the window (at most ${installMsMax / 1000} s; the page works in a browser too) …`,
  );
  await install(installer, options);
  return findElectron(options.projectDir);
};

const install = async (installer: string, { tell }: OpenOptions): Promise<void> => {
  const beganAtMs = Date.now();
  const ticking = setInterval(() => tell(`  … ${Math.round((Date.now() - beganAtMs) / 1000)} s`), tickEveryMs);
  await runNode([installer], installMsMax);
  clearInterval(ticking);
};

/** Runs a script with this Node, quietly; whether it ended well in time. */
const runNode = (args: readonly string[], msMax: number): Promise<boolean> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [...args], { stdio: 'ignore', windowsHide: true });
    const impatience = setTimeout(() => child.kill('SIGKILL'), msMax);
    const finish = (isDone: boolean): void => {
      clearTimeout(impatience);
      resolve(isDone);
    };
    child.once('error', () => finish(false)).once('exit', (code) => finish(code === 0));
  });

/** The window's own code is bundled once; that takes well under a second. */
const buildShell = async (projectDir: string): Promise<boolean> =>
  existsSync(join(projectDir, 'dist', 'electron', 'main.js')) ||
  runNode([join(projectDir, 'electron', 'build.ts')], installMsMax);

/** A window that ends within the first seconds did not open (no graphics, a missing library). */
const windowProvenMs = 2_000;

const openWindow = (binary: string, options: OpenOptions): Promise<ChildProcess | undefined> =>
  new Promise((resolve) => {
    const beganAtMs = Date.now();
    const child = spawn(binary, [options.projectDir], {
      stdio: 'ignore',
      // In the environment, since the arguments of a process can be read by everybody on the computer.
      env: { ...process.env, TIFFIN_ENGINE_URL: options.url, TIFFIN_WORKSPACE: options.workspaceDir },
    });
    const proven = setTimeout(() => resolve(child), windowProvenMs);
    const end = (code: number | null): void => {
      clearTimeout(proven);
      resolve(undefined);
      if (Date.now() - beganAtMs >= windowProvenMs || code === 0) options.onClosed();
    };
    child.once('error', () => end(1)).once('exit', end);
  });

const browserCommands: Readonly<
  Partial<Record<NodeJS.Platform, (url: string) => readonly [string, readonly string[]]>>
> = {
  darwin: (url) => ['open', [url]],
  win32: (url) => ['rundll32', ['url.dll,FileProtocolHandler', url]],
  linux: (url) => ['xdg-open', [url]],
};

const openBrowser = (url: string): boolean => {
  const command = browserCommands[process.platform]?.(url);
  if (!command) return false;
  const child = spawn(command[0], [...command[1]], { stdio: 'ignore', detached: true });
  // The address was printed: whoever has no browser opener opens it by hand.
  child.once('error', () => undefined);
  child.unref();
  return true;
};
