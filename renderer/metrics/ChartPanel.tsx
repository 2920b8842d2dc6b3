/**
 * One chart with its title, unit and legend. The legend has the newest values, under the cursor those of its moment, on every
 * chart at once; a click on a name shows it alone, with Ctrl or ⌘ adds it, again shows all.
 */
import { useCallback, useMemo, useState, type MouseEvent, type ReactNode } from 'react';
import uPlot from 'uplot';
import { createStore, useStore } from '../api/store.ts';
import { axisStyle, Plot, type PlotData, type PlotOptions } from '../parts/Plot.tsx';
import { absent } from '../format/numbers.ts';
import { latestValue, nearest, stack, type Columns, type Series } from './series.ts';
import styles from './metrics.module.css';

/** The moment under the cursor of whichever chart, in seconds. */
const hovered = createStore<number | null>(null);

export interface ChartSpec {
  readonly id: string;
  readonly title: ReactNode;
  readonly label: string;
  readonly format: (value: number | null) => string;
  /** Fewer words for the axis. */
  readonly axis: (value: number) => string;
  readonly stacked?: boolean;
  /** Counts have no halves. */
  readonly whole?: boolean;
  readonly color: (name: string, index: number) => string;
  readonly legend?: 'side' | 'foot';
  readonly total?: string;
}

interface ChartPanelProps {
  readonly spec: ChartSpec;
  readonly columns: Columns;
  readonly stepMs: number;
  readonly range: readonly [number, number];
  readonly onZoom: (fromMs: number, toMs: number) => void;
  readonly empty: string;
}

/** 1, 2, 5, 10, … up to a billion. */
const wholeSteps = Array.from({ length: 28 }, (_, index) => [1, 2, 5][index % 3]! * 10 ** Math.floor(index / 3));

const whole = (spec: ChartSpec): Partial<uPlot.Axis> => (spec.whole === true ? { incrs: wholeSteps } : {});

const pad = (value: number): string => String(value).padStart(2, '0');
const axisClock = (seconds: number, withSeconds: boolean): string => {
  const at = new Date(seconds * 1000);
  return `${pad(at.getHours())}:${pad(at.getMinutes())}${withSeconds ? `:${pad(at.getSeconds())}` : ''}`;
};

const timeAxis = (color: (token: string) => string): uPlot.Axis => ({
  ...axisStyle(color),
  size: 24,
  space: 56,
  values: (_, splits) => {
    const withSeconds = splits.length > 1 && splits[1]! - splits[0]! < 60;
    return splits.map((split) => axisClock(split, withSeconds));
  },
});

/** A stack is drawn from its top down, each down to the one below it. */
const bandsOf = (count: number): uPlot.Band[] =>
  Array.from({ length: Math.max(0, count - 1) }, (_, index) => ({
    series: [index + 2, index + 1] as [number, number],
  }));

const colorOf = (text: string, color: (token: string) => string): string => {
  const token = /^var\((--[\w-]+)\)$/.exec(text)?.[1];
  return token === undefined ? text : color(token);
};

const optionsOf =
  (spec: ChartSpec, series: readonly Series[], onZoom: ChartPanelProps['onZoom'], indexOf: (name: string) => number) =>
  (color: (token: string) => string): PlotOptions => ({
    padding: [8, 8, 0, 0],
    legend: { show: false },
    focus: { alpha: 0.3 },
    cursor: {
      sync: { key: 'metrics', setSeries: false },
      drag: { x: true, y: false, setScale: false },
      points: { size: 6 },
      hover: { prox: 30 },
      y: false,
    },
    scales: {
      x: { time: true, auto: false },
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] },
    },
    axes: [
      timeAxis(color),
      { ...axisStyle(color), size: 56, space: 26, values: (_, splits) => splits.map(spec.axis), ...whole(spec) },
    ],
    series: [
      {},
      ...series.map(({ name }): uPlot.Series => {
        const stroke = colorOf(spec.color(name, indexOf(name)), color);
        return {
          label: name,
          stroke,
          width: spec.stacked ? 1 : 1.5,
          points: { show: false },
          spanGaps: false,
          ...(spec.stacked ? { fill: `${stroke}40` } : {}),
        };
      }),
    ],
    ...(spec.stacked ? { bands: bandsOf(series.length) } : {}),
    hooks: {
      setCursor: [
        (plot) => {
          const { left } = plot.cursor;
          hovered.set(left === undefined || left < 0 ? null : plot.posToVal(left, 'x'));
        },
      ],
      setSelect: [
        (plot) => {
          if (plot.select.width < 8) return;
          onZoom(
            plot.posToVal(plot.select.left, 'x') * 1000,
            plot.posToVal(plot.select.left + plot.select.width, 'x') * 1000,
          );
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  });

interface LegendProps {
  readonly spec: ChartSpec;
  readonly columns: Columns;
  readonly stepMs: number;
  readonly shown: ReadonlySet<string> | null;
  readonly onPick: (name: string, add: boolean) => void;
}

const Legend = ({ spec, columns, stepMs, shown, onPick }: LegendProps) => {
  const moment = useStore(hovered);
  const at = moment === null ? -1 : nearest(columns.times, moment, (3 * stepMs) / 1000);
  const values = columns.series.map((series) =>
    moment === null ? latestValue(series.values) : (series.values[at] ?? null),
  );
  const known = values.filter((value) => value !== null);
  const total = known.reduce((sum, value) => sum + value, 0);
  return (
    <ul className={styles['legend']} data-place={spec.legend ?? 'foot'} aria-label={`Series of ${spec.label}`}>
      {spec.total !== undefined && (
        <li className={styles['total']}>
          <span>{spec.total}</span>
          <span className={styles['value']}>{spec.format(known.length === 0 ? null : total)}</span>
        </li>
      )}
      {columns.series.map(({ name }, index) => (
        <li key={name}>
          <button
            type="button"
            aria-pressed={shown?.has(name) ?? false}
            data-off={shown !== null && !shown.has(name)}
            onClick={(event: MouseEvent) => onPick(name, event.ctrlKey || event.metaKey)}
          >
            <span className={styles['swatch']} style={{ background: spec.color(name, index) }} />
            <span className={styles['name']} title={name}>
              {name}
            </span>
            <span className={styles['value']}>{spec.format(values[index] ?? null)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
};

const picked = (before: ReadonlySet<string> | null, name: string, add: boolean): ReadonlySet<string> | null => {
  if (before === null) return new Set([name]);
  const next = new Set(add ? before : []);
  if (before.has(name)) next.delete(name);
  else next.add(name);
  return next.size === 0 ? null : next;
};

export const ChartPanel = ({ spec, columns, stepMs, range, onZoom, empty }: ChartPanelProps) => {
  const [shown, setShown] = useState<ReadonlySet<string> | null>(null);
  const onPick = useCallback((name: string, add: boolean) => setShown((before) => picked(before, name, add)), []);
  const drawn = useMemo(
    () => (shown === null ? columns.series : columns.series.filter(({ name }) => shown.has(name))),
    [columns, shown],
  );
  const data = useMemo(
    () => [columns.times, ...(spec.stacked ? stack(drawn) : drawn.map(({ values }) => values))] as unknown as PlotData,
    [columns, drawn, spec.stacked],
  );
  const indexOf = (name: string): number => columns.series.findIndex((series) => series.name === name);
  return (
    <section className={styles['chart']} data-legend={spec.legend ?? 'foot'} aria-label={spec.label}>
      <h2>{spec.title}</h2>
      <div className={styles['plot']}>
        {columns.series.length === 0 ? (
          <p className={styles['nothing']}>{empty}</p>
        ) : (
          <Plot
            options={optionsOf(spec, drawn, onZoom, indexOf)}
            shape={`${spec.id} ${drawn.map(({ name }) => name).join(' ')}`}
            data={data}
            range={range}
            label={`Chart of ${spec.label}`}
          />
        )}
      </div>
      {columns.series.length === 0 ? (
        <p className={styles['absent']}>{absent}</p>
      ) : (
        <Legend spec={spec} columns={columns} stepMs={stepMs} shown={shown} onPick={onPick} />
      )}
    </section>
  );
};
