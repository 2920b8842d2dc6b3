/** ⌘K: every page, table, saved query and action, by typing a part of its name. */
import { useMantineColorScheme } from '@mantine/core';
import { Spotlight, type SpotlightActionData, type SpotlightActionGroupData } from '@mantine/spotlight';
import {
  IconBookmark,
  IconGauge,
  IconHelp,
  IconListCheck,
  IconPlayerPause,
  IconPlayerPlay,
  IconSkull,
  IconSunMoon,
  type Icon,
} from '@tabler/icons-react';
import { useLocation } from 'wouter';
import type { CatalogTable, SavedQuery, WorldState } from '../../engine/contract/index.ts';
import { useCatalog, useSaved } from '../api/queries.ts';
import { platform } from '../api/live.ts';
import { useSelect } from '../api/store.ts';
import { plural } from '../format/numbers.ts';
import { Keys } from '../parts/controls.tsx';
import { LayerIcon } from '../parts/layers.tsx';
import { openSql, previewSql } from '../query/open.ts';
import {
  helpOpen,
  killAsked,
  pauseWorld,
  rateName,
  rates,
  runAudit,
  setRate,
  startWorld,
  type KillableProcess,
} from './actions.ts';
import { pages } from './pages.ts';

type Go = (path: string) => void;
const killable: readonly KillableProcess[] = ['broker', 'simulator', 'ingest', 'pipeline', 'query'];
const mark = (Shape: Icon) => <Shape size={16} stroke={1.6} aria-hidden />;

const pageActions = (go: Go): SpotlightActionData[] =>
  pages.map((page) => ({
    id: `page ${page.path}`,
    label: page.name,
    description: page.what,
    leftSection: mark(page.icon),
    rightSection: <Keys keys={page.key.replace(' ', '+')} />,
    onClick: () => go(page.path),
  }));

const tableActions = (tables: readonly CatalogTable[], go: Go): SpotlightActionData[] =>
  tables.map((table) => ({
    id: `table ${table.name}`,
    label: table.name,
    description: `${plural(table.rows, 'row')} · ${plural(table.columns.length, 'column')}`,
    leftSection: <LayerIcon layer={table.layer} size={16} />,
    keywords: ['query', 'select', ...table.columns.map((column) => column.name)],
    onClick: () => {
      openSql({ name: table.name, sql: previewSql(table.name), run: true });
      go('/query');
    },
  }));

const savedActions = (saved: readonly SavedQuery[], go: Go): SpotlightActionData[] =>
  saved.map((query) => ({
    id: `saved ${query.name}`,
    label: query.name,
    description: 'Saved query',
    leftSection: mark(IconBookmark),
    onClick: () => {
      openSql({ name: query.name, sql: query.sql });
      go('/query');
    },
  }));

const worldActions = (phase: WorldState['phase'] | undefined): SpotlightActionData[] => [
  phase === 'running'
    ? { id: 'pause', label: 'Pause the city', leftSection: mark(IconPlayerPause), onClick: () => void pauseWorld() }
    : { id: 'start', label: 'Start the city', leftSection: mark(IconPlayerPlay), onClick: () => void startWorld() },
  ...rates.map((rate) => ({
    id: `rate ${rate}`,
    label: `Set the city’s rate to ${rateName(rate)}`,
    leftSection: mark(IconGauge),
    onClick: () => void setRate(rate),
  })),
];

const platformActions = (go: Go, setTheme: (theme: 'dark' | 'light' | 'auto') => void): SpotlightActionData[] => [
  {
    id: 'audit',
    label: 'Run the audit',
    description: 'The ledger against every hop',
    leftSection: mark(IconListCheck),
    onClick: () => {
      go('/?panel=audit');
      void runAudit();
    },
  },
  ...killable.map((name) => ({
    id: `kill ${name}`,
    label: `Kill ${name}`,
    description: 'SIGKILL, to see that it holds; asks first',
    leftSection: mark(IconSkull),
    onClick: () => killAsked.set(name),
  })),
  ...(['dark', 'light', 'auto'] as const).map((theme) => ({
    id: `theme ${theme}`,
    label: `Theme: ${theme === 'auto' ? 'as the system' : theme}`,
    leftSection: mark(IconSunMoon),
    onClick: () => setTheme(theme),
  })),
  {
    id: 'help',
    label: 'Keys and terms',
    leftSection: mark(IconHelp),
    rightSection: <Keys keys="?" />,
    onClick: () => helpOpen.set(true),
  },
];

export const Palette = () => {
  const [, go] = useLocation();
  const { setColorScheme } = useMantineColorScheme();
  const phase = useSelect(platform, (state) => state?.world?.phase);
  const groups: SpotlightActionGroupData[] = [
    { group: 'Pages', actions: pageActions(go) },
    { group: 'Actions', actions: [...worldActions(phase), ...platformActions(go, setColorScheme)] },
    { group: 'Tables', actions: tableActions(useCatalog().data ?? [], go) },
    { group: 'Saved queries', actions: savedActions(useSaved().data ?? [], go) },
  ];
  return (
    <Spotlight
      actions={groups.filter((group) => group.actions.length > 0)}
      shortcut="mod + K"
      nothingFound="Nothing of that name. Try a table, a page or an action."

      scrollable
      maxHeight={440}
      size={600}
      overlayProps={{ blur: 0, backgroundOpacity: 0.45 }}
      searchProps={{ placeholder: 'A page, a table, a saved query, an action…', 'aria-label': 'Search everything' }}
    />
  );
};
