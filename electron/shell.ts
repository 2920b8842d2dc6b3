/**
 * The desktop shell: one window on the engine's page, and the engine as its child. It decides nothing by itself: where the
 * window may go, where it lies, what the menu holds and how the engine lives are in the files beside this one. Electron's own
 * parts come in as an argument, so that this wiring is tested where Electron's binary is not.
 */
import type * as Electron from 'electron';
import { type EngineOptions, type EngineProcess, type EngineState, startEngine } from './engine-process.ts';
import { type MenuActions, menuTemplate } from './menu.ts';
import { decide, isPermitted } from './navigation.ts';
import { isOwnPage, startingPage, stoppedPage } from './pages.ts';
import { minimumSize, place, readState, type Theme, type WindowState, writeState } from './window-state.ts';

export type ElectronParts = Pick<
  typeof Electron,
  'app' | 'BrowserWindow' | 'Menu' | 'nativeTheme' | 'screen' | 'session' | 'shell'
>;

export interface ShellConfig {
  readonly statePath: string;
  readonly preloadPath: string;
  readonly folders: { readonly workspace: string; readonly logs: string };
  /** how to start the engine; or the address of one that a terminal runs already */
  readonly engine: Pick<EngineOptions, 'command' | 'args' | 'cwd' | 'env'> | { readonly url: string };
  readonly platform: NodeJS.Platform;
}

const readyMsMax = 60_000;
const stopMsMax = 5000;

export class Shell {
  readonly #electron: ElectronParts;
  readonly #config: ShellConfig;
  #state: WindowState;
  #window: Electron.BrowserWindow | undefined;
  #engine: EngineProcess | undefined;
  #engineUrl: string | null = null;
  #quitting = false;

  constructor(electron: ElectronParts, config: ShellConfig) {
    this.#electron = electron;
    this.#config = config;
    this.#state = readState(config.statePath);
  }

  /** Opens the window and starts the engine; or, when Tiffin is open already, shows that window and ends. */
  async run(): Promise<void> {
    const { app } = this.#electron;
    if (!app.requestSingleInstanceLock()) return app.quit();
    app.on('second-instance', () => this.#show());
    app.on('web-contents-created', (_event, contents) => this.#confine(contents));
    app.on('window-all-closed', () => app.quit());
    app.on('before-quit', (event) => this.#quit(event));
    await app.whenReady();
    this.#denyPermissions();
    this.#setTheme(this.#state.theme);
    this.#openWindow();
    this.#startEngine();
  }

  /** Starts the engine, or shows the one that runs. Does nothing while one is on its way. */
  #startEngine(): void {
    const { engine } = this.#config;
    if ('url' in engine) return this.#showEngine(engine.url);
    if (this.#engine !== undefined || this.#quitting) return;
    this.#load(startingPage());
    this.#engine = startEngine({ ...engine, readyMsMax, stopMsMax, onState: (state) => this.#onEngine(state) });
  }

  #onEngine(state: EngineState): void {
    if (state.kind === 'running') return this.#showEngine(state.url);
    if (state.kind !== 'stopped') return;
    this.#engine = undefined;
    this.#engineUrl = null;
    if (state.reason !== null) this.#load(stoppedPage(state.reason, true));
  }

  #showEngine(url: string): void {
    this.#engineUrl = url;
    this.#load(url);
  }

  async #restartEngine(): Promise<void> {
    await this.#engine?.stop();
    this.#startEngine();
  }

  #openWindow(): void {
    const { BrowserWindow, screen } = this.#electron;
    const primary = screen.getPrimaryDisplay();
    const others = screen.getAllDisplays().filter((display) => display.id !== primary.id);
    const window = new BrowserWindow({
      ...place(
        this.#state.bounds,
        [primary, ...others].map((display) => display.workArea),
      ),
      minWidth: minimumSize.width,
      minHeight: minimumSize.height,
      title: 'Tiffin',
      show: false,
      backgroundColor: this.#electron.nativeTheme.shouldUseDarkColors ? '#101113' : '#f7f7f8',
      webPreferences: {
        preload: this.#config.preloadPath,
        contextIsolation: true,
        sandbox: true,
        nodeIntegration: false,
        webSecurity: true,
        spellcheck: false,
      },
    });
    this.#window = window;
    if (this.#state.maximized) window.maximize();
    window.once('ready-to-show', () => window.show());
    window.on('close', () => this.#remember({ bounds: window.getNormalBounds(), maximized: window.isMaximized() }));
    window.on('closed', () => (this.#window = undefined));
    window.webContents.on('did-fail-load', (_event, _code, description, url, isMainFrame) => {
      if (isMainFrame && !isOwnPage(url) && !this.#quitting) this.#onUnreachable(description);
    });
  }

  /** The page did not load. An engine of our own says by itself why it ended; of another we know no more than this. */
  #onUnreachable(description: string): void {
    if (this.#engine !== undefined) return;
    this.#load(stoppedPage(`Its page cannot be reached (${description}).`, !('url' in this.#config.engine)));
  }

  #load(url: string): void {
    // a load that a newer one replaces is rejected (ERR_ABORTED); one that fails is reported by did-fail-load
    this.#window?.loadURL(url).catch((error: Error) => console.warn(`The window did not load: ${error.message}`));
  }

  #show(): void {
    if (this.#window?.isMinimized()) this.#window.restore();
    this.#window?.focus();
  }

  /** Every page that ever exists: navigation, redirects and frames stay inside, and no second window opens. */
  #confine(contents: Electron.WebContents): void {
    const check = (event: { url: string; preventDefault: () => void }): void => {
      if (!this.#follow(event.url, contents)) event.preventDefault();
    };
    contents.on('will-frame-navigate', check);
    contents.on('will-redirect', check);
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(({ url }) => {
      if (this.#follow(url, contents)) this.#load(url);
      return { action: 'deny' };
    });
  }

  /** Whether the window itself goes to `url`; else what is due instead has been done. */
  #follow(url: string, contents: Electron.WebContents): boolean {
    const decision = decide(url, this.#engineUrl, isOwnPage(contents.getURL()));
    if (decision.kind === 'outside') this.#openPage(decision.url);
    if (decision.kind === 'restart') this.#startEngine();
    return decision.kind === 'inside';
  }

  #denyPermissions(): void {
    const session = this.#electron.session.defaultSession;
    session.setPermissionRequestHandler((_contents, permission, callback, details) =>
      callback(isPermitted(permission, details.requestingUrl, this.#engineUrl)),
    );
    session.setPermissionCheckHandler((_contents, permission, origin) =>
      isPermitted(permission, origin, this.#engineUrl),
    );
    session.setDevicePermissionHandler(() => false);
  }

  #setTheme(theme: Theme): void {
    this.#electron.nativeTheme.themeSource = theme;
    if (theme !== this.#state.theme) this.#remember({ theme });
    this.#window?.webContents.send('theme', theme);
    const { Menu } = this.#electron;
    const ownsEngine = !('url' in this.#config.engine);
    const template = menuTemplate({ platform: this.#config.platform, theme, ownsEngine, actions: this.#actions });
    Menu.setApplicationMenu(Menu.buildFromTemplate(template));
  }

  readonly #actions: MenuActions = {
    setTheme: (theme) => this.#setTheme(theme),
    restartEngine: () => void this.#restartEngine(),
    openFolder: (folder) => void this.#openFolder(folder),
    openPage: (url) => this.#openPage(url),
  };

  async #openFolder(folder: 'workspace' | 'logs'): Promise<void> {
    const path = this.#config.folders[folder];
    const problem = await this.#electron.shell.openPath(path);
    if (problem !== '') console.warn(`${path} could not be opened: ${problem}`);
  }

  #openPage(url: string): void {
    this.#electron.shell
      .openExternal(url)
      .catch((error: Error) => console.warn(`${url} could not be opened in a browser: ${error.message}`));
  }

  #remember(change: Partial<WindowState>): void {
    this.#state = { ...this.#state, ...change };
    writeState(this.#config.statePath, this.#state);
  }

  /** Quitting waits for the engine: it drains and closes its files first. */
  #quit(event: { preventDefault: () => void }): void {
    this.#quitting = true;
    if (this.#engine === undefined) return;
    event.preventDefault();
    void this.#engine.stop().then(() => this.#electron.app.quit());
  }
}
