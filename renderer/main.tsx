/** Where the page begins: theme, stores, router, shell. */
import '@fontsource-variable/inter';
import '@fontsource-variable/jetbrains-mono';
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import './theme/tokens.css';
import './theme/base.css';
import './theme/mantine.css';
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { startLive } from './api/live.ts';
import { queryClient } from './api/queries.ts';
import { Shell } from './shell/Shell.tsx';
import { cssVariables, theme } from './theme/theme.ts';

const colorSchemes = localStorageColorSchemeManager({ key: 'tiffin.theme' });
const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element #root');

startLive();
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="dark"
      colorSchemeManager={colorSchemes}
    >
      <QueryClientProvider client={queryClient}>
        <Notifications position="bottom-right" limit={3} />
        <Shell />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
