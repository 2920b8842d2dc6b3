/** The application menu as data. What an entry does is given by the shell, so the menu is tested without Electron. */
import type { MenuItemConstructorOptions } from 'electron';
import type { Theme } from './window-state.ts';

export interface MenuActions {
  readonly setTheme: (theme: Theme) => void;
  readonly restartEngine: () => void;
  readonly openFolder: (folder: 'workspace' | 'logs') => void;
  readonly openPage: (url: string) => void;
}

export interface MenuOptions {
  readonly platform: NodeJS.Platform;
  readonly theme: Theme;
  /** false when the engine belongs to the terminal that started it */
  readonly ownsEngine: boolean;
  readonly actions: MenuActions;
}

/** Where the standards that Tiffin follows are explained. All https: the shell opens nothing else. */
export const helpPages: readonly [label: string, url: string][] = [
  ['SQL: DuckDB', 'https://duckdb.org/docs/stable/sql/introduction'],
  [
    'Pipelines: Spark Declarative Pipelines',
    'https://spark.apache.org/docs/latest/declarative-pipelines-programming-guide.html',
  ],
  ['Tables: Delta Lake', 'https://docs.delta.io/'],
  ['Messages: Apache Kafka', 'https://kafka.apache.org/documentation/'],
];

const separator: MenuItemConstructorOptions = { type: 'separator' };
const themes: readonly [Theme, string][] = [
  ['system', 'As the System'],
  ['dark', 'Dark'],
  ['light', 'Light'],
];

const fileMenu = ({ platform, ownsEngine, actions }: MenuOptions): MenuItemConstructorOptions => ({
  label: 'File',
  submenu: [
    { label: 'Open Workspace Folder', click: () => actions.openFolder('workspace') },
    { label: 'Open Log Folder', click: () => actions.openFolder('logs') },
    separator,
    ...(ownsEngine ? [{ label: 'Restart Engine', click: () => actions.restartEngine() }, separator] : []),
    platform === 'darwin' ? { role: 'close' } : { role: 'quit' },
  ],
});

const viewMenu = ({ theme, actions }: MenuOptions): MenuItemConstructorOptions => ({
  label: 'View',
  submenu: [
    { role: 'reload' },
    separator,
    {
      label: 'Theme',
      submenu: themes.map(([value, label]) => ({
        label,
        type: 'radio',
        checked: value === theme,
        click: () => actions.setTheme(value),
      })),
    },
    separator,
    { role: 'zoomIn' },
    // the plus key without Shift, as every browser has it
    { role: 'zoomIn', accelerator: 'CommandOrControl+=', visible: false, acceleratorWorksWhenHidden: true },
    { role: 'zoomOut' },
    { role: 'resetZoom' },
    separator,
    { role: 'togglefullscreen' },
    { role: 'toggleDevTools' },
  ],
});

export const menuTemplate = (options: MenuOptions): MenuItemConstructorOptions[] => [
  ...(options.platform === 'darwin' ? [{ role: 'appMenu' } as const] : []),
  fileMenu(options),
  { role: 'editMenu' },
  viewMenu(options),
  { role: 'windowMenu' },
  {
    role: 'help',
    submenu: [
      ...helpPages.map(([label, url]) => ({ label, click: () => options.actions.openPage(url) })),
      ...(options.platform === 'darwin' ? [] : [separator, { role: 'about' } as const]),
    ],
  },
];
