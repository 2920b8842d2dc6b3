/** What the desktop window adds to the page: its menu's theme. In a browser there is no `window.tiffin`, and nothing happens. */
import { useMantineColorScheme } from '@mantine/core';
import { useEffect } from 'react';

/** As electron/preload.ts exposes it. */
interface Desktop {
  onTheme(listener: (theme: 'system' | 'dark' | 'light') => void): () => void;
}

declare global {
  interface Window {
    readonly tiffin?: Desktop;
  }
}

export const useDesktopTheme = (): void => {
  const { setColorScheme } = useMantineColorScheme();
  useEffect(
    () => window.tiffin?.onTheme((theme) => setColorScheme(theme === 'system' ? 'auto' : theme)),
    [setColorScheme],
  );
};
