/** The right-hand drawer for detail: it stands beside the view instead of over it, so that the context stays. Esc closes it. */
import { IconX } from '@tabler/icons-react';
import { type ReactNode, useEffect } from 'react';
import { IconButton } from './controls.tsx';
import styles from './side-panel.module.css';

interface SidePanelProps {
  readonly title: ReactNode;
  readonly label: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly width?: number;
}

export const SidePanel = ({ title, label, onClose, children, width = 384 }: SidePanelProps) => {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const inside =
        event.target instanceof HTMLElement && event.target.closest('[role="dialog"], .monaco-editor') !== null;
      if (event.key === 'Escape' && !event.defaultPrevented && !inside) onClose();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [onClose]);
  return (
    <aside className={styles['panel']} style={{ width }} aria-label={label}>
      <header className={styles['header']}>
        <div className={styles['title']}>{title}</div>
        <IconButton label="Close" icon={IconX} keys="Esc" onClick={onClose} />
      </header>
      <div className={styles['body']}>{children}</div>
    </aside>
  );
};

export const Section = ({ title, children, aside }: { title: ReactNode; children: ReactNode; aside?: ReactNode }) => (
  <section className={styles['section']}>
    <h3>
      {title}
      {aside !== undefined && <span className={styles['aside']}>{aside}</span>}
    </h3>
    {children}
  </section>
);
