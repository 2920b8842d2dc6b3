/** The window of time: the last minutes, following the clock, or a stretch of the past. Dragging over a chart also picks one. */
import { Popover } from '@mantine/core';
import { IconCalendarTime, IconPlayerPauseFilled, IconPlayerPlayFilled } from '@tabler/icons-react';
import { useState, type FormEvent } from 'react';
import { clock, moment } from '../format/time.ts';
import { Button } from '../parts/controls.tsx';
import { spans, togglePause, type Range } from './range.ts';
import styles from './metrics.module.css';

interface RangePickerProps {
  readonly range: Range;
  readonly nowMs: number;
  readonly onChange: (range: Range) => void;
}

/** What a `datetime-local` field holds: local time, seconds included. */
const fieldValue = (ms: number): string => moment(ms).replace(' ', 'T');

const CustomRange = ({ from, to, onPick }: { from: number; to: number; onPick: (range: Range) => void }) => {
  const [problem, setProblem] = useState<string | null>(null);
  const onSubmit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const [fromMs, toMs] = ['from', 'to'].map((name) => new Date(String(fields.get(name))).getTime()) as [
      number,
      number,
    ];
    if (toMs - fromMs >= 10_000) onPick({ kind: 'fixed', fromMs, toMs });
    else setProblem('The end must be at least 10 s after the beginning.');
  };
  return (
    <form className={styles['custom']} onSubmit={onSubmit}>
      <label>
        From
        <input type="datetime-local" name="from" step={1} defaultValue={fieldValue(from)} required />
      </label>
      <label>
        To
        <input type="datetime-local" name="to" step={1} defaultValue={fieldValue(to)} required />
      </label>
      {problem !== null && <p role="alert">{problem}</p>}
      <p>The engine keeps the last hour.</p>
      <button type="submit">Show it</button>
    </form>
  );
};

export const RangePicker = ({ range, nowMs, onChange }: RangePickerProps) => {
  const [opened, setOpened] = useState(false);
  const live = range.kind === 'live';
  const [from, to] = live ? [nowMs - range.spanMs, nowMs] : [range.fromMs, range.toMs];
  const pick = (next: Range): void => {
    setOpened(false);
    onChange(next);
  };
  return (
    <div className={styles['picker']} role="group" aria-label="Window of time">
      <span className={styles['window']}>
        {clock(from)} – {clock(to)}
      </span>
      <div className={styles['spans']}>
        {spans.map(({ label, ms }) => (
          <button
            key={ms}
            type="button"
            aria-pressed={live && range.spanMs === ms}
            aria-label={`Last ${label.replace('m', 'minutes').replace('h', 'hour')}`}
            onClick={() => pick({ kind: 'live', spanMs: ms })}
          >
            {label}
          </button>
        ))}
        <Popover opened={opened} onChange={setOpened} position="bottom-end">
          <Popover.Target>
            <button type="button" aria-pressed={!live} aria-expanded={opened} onClick={() => setOpened(!opened)}>
              <IconCalendarTime size={14} stroke={1.75} aria-hidden /> Custom
            </button>
          </Popover.Target>
          <Popover.Dropdown>
            <CustomRange key={`${opened}`} from={from} to={to} onPick={pick} />
          </Popover.Dropdown>
        </Popover>
      </div>
      <Button
        icon={live ? IconPlayerPauseFilled : IconPlayerPlayFilled}
        onClick={() => onChange(togglePause(range, nowMs))}
      >
        {live ? 'Pause' : 'Go live'}
      </Button>
      <span className={styles['live']} data-live={live}>
        {live ? 'live, every second' : 'standing still'}
      </span>
    </div>
  );
};
