/** Two panes with a bar between that can be dragged, or moved with the arrow keys; the size is remembered. */
import { useCallback, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react';
import styles from './split.module.css';

interface SplitProps {
  readonly name: string;
  /** Which way the panes lie. */
  readonly direction: 'row' | 'column';
  readonly first: ReactNode;
  readonly second: ReactNode;
  /** Size of the first pane in pixels, and what it may be; the second one keeps at least `otherMin`. */
  readonly initial: number;
  readonly min: number;
  readonly max?: number;
  readonly otherMin: number;
}

const stored = (key: string, initial: number): number => {
  const value = Number(window.localStorage.getItem(key));
  return Number.isFinite(value) && value > 0 ? value : initial;
};

const keyStep = 24;

const onPointerDown = (event: PointerEvent<HTMLDivElement>): void =>
  event.currentTarget.setPointerCapture(event.pointerId);

export const Split = ({ name, direction, first, second, initial, min, max = Infinity, otherMin }: SplitProps) => {
  const key = `tiffin.split.${name}`;
  const [size, setSize] = useState(() => stored(key, initial));
  const change = useCallback(
    (wanted: number, whole: number) => {
      const next = Math.round(Math.max(min, Math.min(wanted, max, whole - otherMin)));
      setSize(next);
      window.localStorage.setItem(key, String(next));
    },
    [key, min, max, otherMin],
  );
  const extent = (bar: HTMLElement): { start: number; whole: number } => {
    const box = bar.parentElement!.getBoundingClientRect();
    return direction === 'row' ? { start: box.left, whole: box.width } : { start: box.top, whole: box.height };
  };
  const onPointerMove = (event: PointerEvent<HTMLDivElement>): void => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const { start, whole } = extent(event.currentTarget);
    change((direction === 'row' ? event.clientX : event.clientY) - start, whole);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const [less, more] = direction === 'row' ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown'];
    if (event.key !== less && event.key !== more) return;
    event.preventDefault();
    change(size + (event.key === more ? keyStep : -keyStep), extent(event.currentTarget).whole);
  };
  return (
    <div className={styles['split']} data-direction={direction}>
      <div className={styles['first']} style={{ flexBasis: size }}>
        {first}
      </div>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- a separator that moves is a widget */}
      <div
        role="separator"
        tabIndex={0}
        aria-label={`Size of ${name}`}
        aria-orientation={direction === 'row' ? 'vertical' : 'horizontal'}
        aria-valuenow={size}
        aria-valuemin={min}
        className={styles['bar']}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onKeyDown={onKeyDown}
        onDoubleClick={(event) => change(initial, extent(event.currentTarget).whole)}
      />
      <div className={styles['second']}>{second}</div>
    </div>
  );
};
