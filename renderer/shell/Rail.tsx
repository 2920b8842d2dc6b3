/** The slim left rail: three pages, the palette, the theme, help. */
import { Tooltip, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';
import { spotlight } from '@mantine/spotlight';
import { IconHelp, IconMoon, IconSearch, IconSun, IconSunMoon, type Icon } from '@tabler/icons-react';
import { Link, useLocation } from 'wouter';
import { Keys } from '../parts/controls.tsx';
import { helpOpen } from './actions.ts';
import { pages, type Page } from './pages.ts';
import styles from './shell.module.css';

export const themes: Readonly<Record<MantineColorScheme, { next: MantineColorScheme; icon: Icon; name: string }>> = {
  dark: { next: 'light', icon: IconMoon, name: 'dark' },
  light: { next: 'auto', icon: IconSun, name: 'light' },
  auto: { next: 'dark', icon: IconSunMoon, name: 'as the system' },
};

const RailTip = ({ label, keys }: { label: string; keys: string }) => (
  <span className={styles['rail-tip']}>
    {label} <Keys keys={keys} />
  </span>
);

const PageLink = ({ page, active }: { page: Page; active: boolean }) => (
  <Tooltip label={<RailTip label={page.name} keys={page.key.replace(' ', '+')} />} position="right">
    <Link
      href={page.path}
      className={styles['rail-item'] ?? ''}
      aria-label={page.name}
      aria-current={active ? 'page' : undefined}
    >
      <page.icon size={18} stroke={1.6} aria-hidden />
      <span>{page.name}</span>
    </Link>
  </Tooltip>
);

export const Rail = () => {
  const [path] = useLocation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const look = themes[colorScheme];
  return (
    <nav className={styles['rail']} aria-label="Pages">
      <img src="/tiffin.svg" width={24} height={24} alt="Tiffin" className={styles['mark']} />
      {pages.map((page) => (
        <PageLink key={page.path} page={page} active={path === page.path} />
      ))}
      <span className={styles['rail-space']} />
      <Tooltip label={<RailTip label="Go to or do anything" keys="mod+K" />} position="right">
        <button
          type="button"
          className={styles['rail-item']}
          aria-label="Open the command palette"
          onClick={spotlight.open}
        >
          <IconSearch size={18} stroke={1.6} aria-hidden />
        </button>
      </Tooltip>
      <Tooltip label={`Theme: ${look.name}`} position="right">
        <button
          type="button"
          className={styles['rail-item']}
          aria-label={`Theme: ${look.name}. Change to ${themes[look.next].name}`}
          onClick={() => setColorScheme(look.next)}
        >
          <look.icon size={18} stroke={1.6} aria-hidden />
        </button>
      </Tooltip>
      <Tooltip label={<RailTip label="Keys and terms" keys="?" />} position="right">
        <button
          type="button"
          className={styles['rail-item']}
          aria-label="Keys and terms"
          onClick={() => helpOpen.set(true)}
        >
          <IconHelp size={18} stroke={1.6} aria-hidden />
        </button>
      </Tooltip>
    </nav>
  );
};
