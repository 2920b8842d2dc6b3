/** The pages, in the order of the rail; the shell, the keys and the palette all read this list. */
import { IconChartLine, IconSitemap, IconTerminal2, type Icon } from '@tabler/icons-react';

export interface Page {
  readonly path: string;
  readonly name: string;
  readonly what: string;
  readonly key: string;
  readonly icon: Icon;
}

export const pages = [
  { path: '/', name: 'Platform', what: 'the flow of the data, live', key: 'g p', icon: IconSitemap },
  { path: '/query', name: 'Query', what: 'SQL over every table', key: 'g q', icon: IconTerminal2 },
  { path: '/metrics', name: 'Metrics', what: 'throughput, freshness, lag, memory', key: 'g m', icon: IconChartLine },
] as const satisfies readonly Page[];
