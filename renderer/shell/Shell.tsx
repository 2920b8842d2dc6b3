/** The frame around every page: rail, top strip, banner, palette, help. Pages load on demand, Monaco only with Query. */
import { lazy, Suspense, useEffect, useRef } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { useSelect } from '../api/store.ts';
import { connection } from '../api/client.ts';
import { ConnectionBanner } from './ConnectionBanner.tsx';
import { Help } from './Help.tsx';
import { useDesktopTheme } from './desktop.ts';
import { ConfirmKill } from './ConfirmKill.tsx';
import { helpOpen } from './actions.ts';
import { isTyping, pressKey, type Pending } from './keys.ts';
import { Palette } from './Palette.tsx';
import { pages } from './pages.ts';
import { Rail } from './Rail.tsx';
import { TopStrip } from './TopStrip.tsx';
import styles from './shell.module.css';

const PlatformPage = lazy(() => import('../platform/PlatformPage.tsx'));
const QueryPage = lazy(() => import('../query/QueryPage.tsx'));
const MetricsPage = lazy(() => import('../metrics/MetricsPage.tsx'));

const bindings = new Map<string, string>([...pages.map((page) => [page.key, page.path] as const), ['?', 'help']]);

const useKeys = (): void => {
  const [, navigate] = useLocation();
  const pending = useRef<Pending | null>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (isTyping(event)) return;
      const result = pressKey(bindings, pending.current, event.key, event.timeStamp);
      pending.current = result.pending;
      if (result.hit === undefined) return;
      event.preventDefault();
      if (result.hit === 'help') helpOpen.set(true);
      else navigate(result.hit);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [navigate]);
};

export const Shell = () => {
  useKeys();
  useDesktopTheme();
  const stale = useSelect(connection, (state) => state.phase === 'lost');
  return (
    <div className={styles['shell']}>
      <Rail />
      <TopStrip />
      <ConnectionBanner />
      <main className={styles['main']} data-stale={stale}>
        <Suspense fallback={<div className={styles['loading']}>Loading…</div>}>
          <Switch>
            <Route path="/" component={PlatformPage} />
            <Route path="/query" component={QueryPage} />
            <Route path="/metrics" component={MetricsPage} />
            <Route>
              <Redirect to="/" replace />
            </Route>
          </Switch>
        </Suspense>
      </main>
      <Palette />
      <Help />
      <ConfirmKill />
    </div>
  );
};
