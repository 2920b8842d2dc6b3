import type { MenuItemConstructorOptions } from 'electron';
import { describe, expect, test } from 'vitest';
import { helpPages, menuTemplate } from './menu.ts';

const build = (platform: NodeJS.Platform, ownsEngine = true) => {
  const did: string[] = [];
  const template = menuTemplate({
    platform,
    ownsEngine,
    theme: 'dark',
    actions: {
      setTheme: (theme) => did.push(`theme ${theme}`),
      restartEngine: () => did.push('restart'),
      openFolder: (folder) => did.push(`folder ${folder}`),
      openPage: (url) => did.push(url),
    },
  });
  return { did, template, entries: flatten(template) };
};

const flatten = (items: readonly MenuItemConstructorOptions[]): MenuItemConstructorOptions[] =>
  items.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? flatten(item.submenu) : [])]);

const click = (item: MenuItemConstructorOptions): void => (item.click as () => void)();

describe('the menu', () => {
  test.each(['linux', 'win32', 'darwin'] as const)('has reload, zoom, theme and a way out on %s', (platform) => {
    const roles = build(platform).entries.map((entry) => entry.role);
    expect(roles).toEqual(expect.arrayContaining(['reload', 'zoomIn', 'zoomOut', 'resetZoom', 'editMenu', 'help']));
    expect(roles).toContain(platform === 'darwin' ? 'appMenu' : 'quit');
  });

  test('marks the theme that is on, and sets the one that is picked', () => {
    const { did, entries } = build('linux');
    const radios = entries.filter((entry) => entry.type === 'radio');
    expect(radios.filter((entry) => entry.checked).map((entry) => entry.label)).toEqual(['Dark']);
    radios.forEach(click);
    expect(did).toEqual(['theme system', 'theme dark', 'theme light']);
  });

  test('links only to https pages', () => {
    const { did, template } = build('linux');
    const help = template.find((item) => item.role === 'help')!;
    (help.submenu as MenuItemConstructorOptions[]).filter((item) => item.click).forEach(click);
    expect(did).toEqual(helpPages.map(([, url]) => url));
    expect(did.every((url) => url.startsWith('https://'))).toBe(true);
  });

  test('offers no restart of an engine that belongs to a terminal', () => {
    expect(build('linux').entries.map((entry) => entry.label)).toContain('Restart Engine');
    expect(build('linux', false).entries.map((entry) => entry.label)).not.toContain('Restart Engine');
  });
});
