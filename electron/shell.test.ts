/** The wiring of the shell, on a real child process and a real file; only Electron's own parts are played. */
import { EventEmitter } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { restartUrl } from './navigation.ts';
import { type ElectronParts, Shell, type ShellConfig } from './shell.ts';

const page = 'http://127.0.0.1:4321/?token=t';
const runs = `console.log(JSON.stringify({ready: true, url: '${page}'})); setInterval(() => {}, 1000);
  const stop = () => process.exit(0); process.on('SIGTERM', stop); process.on('message', stop);`;
const dies = `console.error('no space left'); process.exitCode = 3;`;

/** Electron as far as the shell uses it, and what the shell did with it. */
const playElectron = (firstInstance: boolean) => {
  const seen = { urls: [] as string[], opened: [] as string[], sent: [] as unknown[], quits: 0, focused: 0 };
  const handlers: Record<string, (...args: never[]) => unknown> = {};
  const contents = Object.assign(new EventEmitter(), {
    getURL: () => seen.urls.at(-1) ?? '',
    send: (...args: unknown[]) => seen.sent.push(args),
    setWindowOpenHandler: (handler: (...args: never[]) => unknown) => (handlers['windowOpen'] = handler),
  });
  const windows: { options: Electron.BrowserWindowConstructorOptions; window: EventEmitter }[] = [];
  class BrowserWindow extends EventEmitter {
    readonly webContents = contents;
    constructor(options: Electron.BrowserWindowConstructorOptions) {
      super();
      windows.push({ options, window: this });
      app.emit('web-contents-created', {}, contents);
    }
    loadURL = (url: string) => Promise.resolve(seen.urls.push(url));
    getNormalBounds = () => ({ x: 5, y: 6, width: 1000, height: 700 });
    isMaximized = () => true;
    isMinimized = () => false;
    focus = () => (seen.focused += 1);
    show = () => undefined;
  }
  const app = Object.assign(new EventEmitter(), {
    requestSingleInstanceLock: () => firstInstance,
    whenReady: () => Promise.resolve(),
    quit: () => {
      seen.quits += 1;
      let prevented = false;
      app.emit('before-quit', { preventDefault: () => (prevented = true) });
      if (!prevented) app.emit('gone');
    },
  });
  const display = { id: 1, workArea: { x: 0, y: 0, width: 1920, height: 1080 } };
  const keep = (name: string) => (handler: (...args: never[]) => unknown) => (handlers[name] = handler);
  const menus: Electron.MenuItemConstructorOptions[][] = [];
  const parts = {
    app,
    BrowserWindow,
    Menu: {
      buildFromTemplate: (template: Electron.MenuItemConstructorOptions[]) => menus.push(template),
      setApplicationMenu: () => undefined,
    },
    nativeTheme: { themeSource: 'system', shouldUseDarkColors: true },
    screen: { getPrimaryDisplay: () => display, getAllDisplays: () => [display] },
    session: {
      defaultSession: {
        setPermissionRequestHandler: keep('permissionRequest'),
        setPermissionCheckHandler: keep('permissionCheck'),
        setDevicePermissionHandler: keep('devicePermission'),
      },
    },
    shell: { openExternal: (url: string) => Promise.resolve(seen.opened.push(url)), openPath: async () => '' },
  };
  return { parts: parts as unknown as ElectronParts, app, contents, handlers, menus, seen, windows };
};

const open = async (
  script: string,
  { firstInstance = true, engine }: { firstInstance?: boolean; engine?: ShellConfig['engine'] } = {},
) => {
  const dir = mkdtempSync(join(tmpdir(), 'tiffin-shell-'));
  const played = playElectron(firstInstance);
  const statePath = join(dir, 'window.json');
  const own = { command: process.execPath, args: ['-e', script], cwd: dir, env: process.env };
  const shell = new Shell(played.parts, {
    statePath,
    preloadPath: join(dir, 'preload.cjs'),
    folders: { workspace: dir, logs: dir },
    engine: engine ?? own,
    platform: 'linux',
  });
  onTestFinished(async () => {
    await quit(played);
    rmSync(dir, { recursive: true, force: true });
  });
  await shell.run();
  const showing = (part: string) =>
    expect.poll(() => decodeURIComponent(played.seen.urls.at(-1) ?? ''), { timeout: 20_000 }).toContain(part);
  const navigate = (url: string): boolean => {
    let allowed = true;
    played.contents.emit('will-frame-navigate', { url, preventDefault: () => (allowed = false) });
    return allowed;
  };
  return { ...played, navigate, showing, state: () => JSON.parse(readFileSync(statePath, 'utf8')) as object };
};

const quit = ({ app }: { app: EventEmitter & { quit: () => void } }): Promise<void> =>
  new Promise((resolve) => {
    app.once('gone', resolve);
    app.quit();
  });

describe('the desktop shell', () => {
  test('shows the page of the engine in a sandboxed window', async () => {
    const { showing, windows } = await open(runs);
    await showing(page);
    expect(windows).toHaveLength(1);
    expect(windows[0]!.options.webPreferences).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
    });
  });

  test('keeps the page inside, and gives https links to the browser', async () => {
    const { handlers, navigate, seen, showing } = await open(runs);
    await showing(page);
    expect(navigate('http://127.0.0.1:4321/query')).toBe(true);
    expect(navigate('http://example.com/')).toBe(false);
    expect(navigate('https://duckdb.org/')).toBe(false);
    expect(handlers['windowOpen']!({ url: 'https://delta.io/' } as never)).toEqual({ action: 'deny' });
    expect(handlers['windowOpen']!({ url: 'file:///etc/passwd' } as never)).toEqual({ action: 'deny' });
    expect(seen.opened).toEqual(['https://duckdb.org/', 'https://delta.io/']);
  });

  test('denies what a page may ask for', async () => {
    const { handlers, showing } = await open(runs);
    await showing(page);
    const answers: boolean[] = [];
    const ask = (permission: string): unknown =>
      handlers['permissionRequest']!(
        ...([{}, permission, (yes: boolean) => answers.push(yes), { requestingUrl: page }] as never[]),
      );
    ask('geolocation');
    ask('media');
    ask('clipboard-sanitized-write');
    expect(answers).toEqual([false, false, true]);
    expect(handlers['devicePermission']!()).toBe(false);
  });

  test('says why the engine died, and starts it again from that page only', async () => {
    const { navigate, seen, showing } = await open(dies);
    await showing('no space left');
    const before = seen.urls.length;
    expect(navigate(restartUrl)).toBe(false);
    await expect.poll(() => seen.urls.length).toBeGreaterThan(before + 1);
    expect(decodeURIComponent(seen.urls[before]!)).toContain('Tiffin is starting');
    await showing('no space left');
  });

  test('quits only after the engine has stopped', async () => {
    const played = await open(runs);
    await played.showing(page);
    await quit(played);
    expect(played.seen.quits).toBe(2);
    expect(decodeURIComponent(played.seen.urls.at(-1)!)).toBe(page);
  });

  test('remembers the window and the theme', async () => {
    const { menus, parts, seen, showing, state, windows } = await open(runs);
    await showing(page);
    windows[0]!.window.emit('close');
    const view = menus[0]!.find((menu) => menu.label === 'View')!.submenu as Electron.MenuItemConstructorOptions[];
    const theme = view.find((entry) => entry.label === 'Theme')!.submenu as Electron.MenuItemConstructorOptions[];
    (theme.find((entry) => entry.label === 'Light')!.click as () => void)();
    const bounds = { x: 5, y: 6, width: 1000, height: 700 };
    expect(state()).toEqual({ version: 1, bounds, maximized: true, theme: 'light' });
    expect(parts.nativeTheme.themeSource).toBe('light');
    expect(seen.sent).toEqual([['theme', 'light']]);
  });

  test('opened a second time shows the first window', async () => {
    const second = await open(runs, { firstInstance: false });
    expect(second.windows).toEqual([]);
    expect(second.seen.quits).toBe(1);
    const first = await open(runs);
    first.app.emit('second-instance');
    expect(first.seen.focused).toBe(1);
  });

  test('shows an engine that a terminal runs, and tells where to restart that one', async () => {
    const { contents, menus, seen, showing } = await open('', { engine: { url: page } });
    await showing(page);
    contents.emit('did-fail-load', {}, -102, 'ERR_CONNECTION_REFUSED', page, true);
    await showing('ERR_CONNECTION_REFUSED');
    expect(decodeURIComponent(seen.urls.at(-1)!)).toContain('in the terminal');
    expect(JSON.stringify(menus)).not.toContain('Restart Engine');
  });
});
