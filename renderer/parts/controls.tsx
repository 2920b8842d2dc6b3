/** The few controls that every page uses: button, icon button, state dot, keys, problem, empty state. */
import { Tooltip } from '@mantine/core';
import { IconAlertTriangle, type Icon } from '@tabler/icons-react';
import { type ButtonHTMLAttributes, type ReactNode } from 'react';
import type { Problem } from '../../engine/contract/index.ts';
import styles from './parts.module.css';

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement>;

export const Button = ({
  tone = 'plain',
  icon: Shape,
  children,
  className = '',
  ...rest
}: ButtonProps & { tone?: 'plain' | 'primary' | 'fault' | 'quiet'; icon?: Icon }) => (
  <button type="button" className={`${styles['button']} ${className}`} data-tone={tone} {...rest}>
    {Shape !== undefined && <Shape size={14} stroke={1.75} aria-hidden />}
    {children}
  </button>
);

interface IconButtonProps extends ButtonProps {
  readonly label: string;
  readonly icon: Icon;
  readonly small?: boolean;
  readonly keys?: string;
}

/** A button that is only an icon always has its name as a label and a tooltip. */
export const IconButton = ({ label, icon: Shape, small = false, keys, ...rest }: IconButtonProps) => (
  <Tooltip
    label={
      keys === undefined ? (
        label
      ) : (
        <>
          {label} <Keys keys={keys} />
        </>
      )
    }
  >
    <button
      type="button"
      className={styles['icon-button']}
      data-size={small ? 'small' : 'normal'}
      aria-label={label}
      {...rest}
    >
      <Shape size={small ? 14 : 16} stroke={1.75} aria-hidden />
    </button>
  </Tooltip>
);

export type Tone = 'ok' | 'warn' | 'fault' | 'idle';
const toneColors: Readonly<Record<Tone, string>> = {
  ok: 'var(--ok)',
  warn: 'var(--warn)',
  fault: 'var(--fault)',
  idle: 'var(--text-3)',
};

/** A state as a dot; a ring is a state that waits. The word beside or in the label says the same. */
export const Dot = ({ tone, ring = false, label }: { tone: Tone; ring?: boolean; label?: string }) => (
  <span
    className={styles['dot']}
    data-shape={ring ? 'ring' : 'disc'}
    style={{ '--dot': toneColors[tone] } as React.CSSProperties}
    {...(label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label, title: label })}
  />
);

export const isMac = /mac/i.test(navigator.platform);

/** `mod+K` as the reader's keyboard has it. */
export const Keys = ({ keys }: { keys: string }) => (
  <span className={styles['keys']}>
    {keys.split('+').map((key) => (
      <kbd key={key} className={styles['kbd']}>
        {key === 'mod' ? (isMac ? '⌘' : 'Ctrl') : key}
      </kbd>
    ))}
  </span>
);

/** What is wrong and where; then what to do. */
export const ProblemNote = ({ problem, action }: { problem: Problem; action?: ReactNode }) => (
  <div className={styles['problem']} role="alert">
    <IconAlertTriangle size={16} stroke={1.75} aria-hidden />
    <div>
      {problem.message} <span className={styles['code']}>{problem.code}</span>
    </div>
    <div>{action}</div>
    {problem.hint !== undefined && <div className={styles['hint']}>{problem.hint}</div>}
  </div>
);

/** Says what will appear, and offers the one action that makes it appear. */
export const Empty = ({ title, children, action }: { title: string; children: ReactNode; action?: ReactNode }) => (
  <div className={styles['empty']}>
    <h2>{title}</h2>
    <p>{children}</p>
    {action}
  </div>
);
