/**
 * Electron's main process: says where things are, and runs the shell.
 *
 * The engine runs on Electron's own Node (`ELECTRON_RUN_AS_NODE`), which strips types as Node 24 does. Packaged or not, it is
 * the same tree of sources: the package is not an asar archive (see electron-builder.yml).
 */
import { join } from 'node:path';
import { app, BrowserWindow, dialog, Menu, nativeTheme, screen, session, shell } from 'electron';
import { engineArguments, isLoopback } from './engine-process.ts';
import { type ShellConfig, Shell } from './shell.ts';

const root = app.getAppPath();
const userData = app.getPath('userData');
const workspace =
  process.env['TIFFIN_WORKSPACE'] ?? (app.isPackaged ? join(userData, 'workspace') : join(process.cwd(), '.tiffin'));

/** `npm start` runs the engine itself and hands over its address; in the environment, because a token on a command line is public. */
const attached = process.env['TIFFIN_ENGINE_URL'];
if (attached !== undefined && !isLoopback(attached))
  throw new Error('TIFFIN_ENGINE_URL must be the http address of an engine on this machine.');
const engine: ShellConfig['engine'] =
  attached === undefined
    ? {
        command: process.execPath,
        args: engineArguments(root, workspace),
        cwd: app.isPackaged ? userData : process.cwd(),
        env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
      }
    : { url: attached };

// Not awaited here: Electron says that it is ready only after this module has been evaluated, so a top-level await would never end.
const shellRuns = new Shell(
  { app, BrowserWindow, Menu, nativeTheme, screen, session, shell },
  {
    statePath: join(userData, 'window.json'),
    preloadPath: join(import.meta.dirname, 'preload.cjs'),
    folders: { workspace, logs: join(workspace, 'logs') },
    engine,
    platform: process.platform,
  },
).run();
shellRuns.catch((error: unknown) => {
  dialog.showErrorBox('Tiffin cannot start', error instanceof Error ? error.message : String(error));
  app.exit(1);
});
