/**
 * All that the page may know of the desktop: that it is there, and which theme its menu asks for. It runs in the sandbox, in a
 * world of its own; the page gets these functions and no way to send anything to the main process.
 */
import { contextBridge, ipcRenderer } from 'electron';
import type { Theme } from './window-state.ts';

/** `window.tiffin` in the page; absent in a browser. */
export interface TiffinDesktop {
  readonly platform: NodeJS.Platform;
  /** Calls back when the user picks a theme in the menu; returns how to stop listening. */
  readonly onTheme: (listener: (theme: Theme) => void) => () => void;
}

const desktop: TiffinDesktop = {
  platform: process.platform,
  onTheme: (listener) => {
    const receive = (_event: unknown, theme: Theme): void => listener(theme);
    ipcRenderer.on('theme', receive);
    return () => void ipcRenderer.off('theme', receive);
  },
};
contextBridge.exposeInMainWorld('tiffin', desktop);
