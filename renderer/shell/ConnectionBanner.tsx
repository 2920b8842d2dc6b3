/** When the connection is lost: one calm line that says so; the page keeps its last figures, greyed. */
import { type ReactNode, useEffect, useState } from 'react';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { connection } from '../api/client.ts';
import { useStore } from '../api/store.ts';
import { clock } from '../format/time.ts';
import styles from './shell.module.css';

const quietMs = 700;

/** A reconnect that takes a blink is not worth a banner: it appears when the loss has lasted. */
export const ConnectionBanner = () => {
  const { phase, lostAtMs, refused } = useStore(connection);
  if (refused) return <Banner>{refusedText}</Banner>;
  return phase === 'open' || lostAtMs === null ? null : <LostBanner key={lostAtMs} lostAtMs={lostAtMs} />;
};

const refusedText =
  'The engine was started again and has another key. Open the address that it printed; this page then goes on by itself.';

const LostBanner = ({ lostAtMs }: { lostAtMs: number }) => {
  const [long, setLong] = useState(false);
  const { attempts } = useStore(connection);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), quietMs);
    return () => clearTimeout(timer);
  }, []);
  if (!long) return null;
  return (
    <Banner>
      The engine does not answer since {clock(lostAtMs)}. These are its last figures; the page reconnects by itself
      {attempts > 1 ? ` (attempt ${attempts})` : ''}.
    </Banner>
  );
};

const Banner = ({ children }: { children: ReactNode }) => (
  <div className={styles['banner']} role="status">
    <IconPlugConnectedX size={16} stroke={1.75} aria-hidden />
    <span>{children}</span>
  </div>
);
