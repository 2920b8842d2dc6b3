/** A result as a chart: choose x, choose what to draw, lines or bars. It draws the first ten thousand rows and says so. */
import { MultiSelect, SegmentedControl, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import uPlot from 'uplot';
import type { QueryState } from '../../engine/contract/index.ts';
import { api } from '../api/client.ts';
import { problemOf } from '../api/problem.ts';
import { createStore, useStore } from '../api/store.ts';
import { compact, count } from '../format/numbers.ts';
import { Empty, ProblemNote } from '../parts/controls.tsx';
import { axisStyle, Plot, type PlotData, type PlotOptions } from '../parts/Plot.tsx';
import {
  chartData,
  chartRowsMax,
  defaultChoice,
  type ChartChoice,
  type ChartData,
  type ChartKind,
} from './chart-data.ts';
import type { Row } from './page-cache.ts';
import { isNumeric } from './summary.ts';
import styles from './query.module.css';

const pageRows = 5000;

const loadRows = async ({ queryId, rows }: QueryState, signal: AbortSignal): Promise<Row[]> => {
  const all: Row[] = [];
  for (let offset = 0; offset < Math.min(rows, chartRowsMax); offset += pageRows)
    all.push(...(await api.query.page.query({ queryId, offset, limit: pageRows }, { signal })).rows);
  return all;
};

const seriesColor = (index: number): string => `--series-${(index % 12) + 1}`;

/** Bars of several series stand side by side within their place. */
const barPaths = (index: number, total: number): uPlot.Series.PathBuilder =>
  uPlot.paths.bars!({ size: [0.8 / total, 64], align: total === 1 ? 0 : 1, gap: 1, radius: 0.1, each: () => index });

const labelAxis = (labels: readonly string[] | null): Partial<uPlot.Axis> =>
  labels === null
    ? {}
    : {
        splits: (plot) => {
          const every = Math.max(1, Math.ceil(labels.length / (plot.width / 72)));
          return labels.flatMap((_, index) => (index % every === 0 ? [index] : []));
        },
        values: (_, splits) => splits.map((split) => short(labels[split] ?? '')),
      };
const short = (text: string): string => (text.length > 14 ? `${text.slice(0, 13)}…` : text);

/** Times are those of the result, in UTC as DuckDB writes them, not those of the reader's zone. */
const timeAxis: Partial<uPlot.Axis> = {
  values: (_, splits) => {
    const step = splits.length > 1 ? splits[1]! - splits[0]! : 60;
    return splits.map((split) => utcLabel(split, step));
  },
};
const utcLabel = (seconds: number, step: number): string => {
  const iso = new Date(seconds * 1000).toISOString();
  if (step >= 86_400) return iso.slice(0, 10);
  return step >= 3600 ? `${iso.slice(5, 10)} ${iso.slice(11, 16)}` : iso.slice(11, step < 60 ? 19 : 16);
};

/** What is under the cursor: the index of its point. */
const hovered = createStore<number | null>(null);

const optionsOf =
  (names: readonly string[], { labels, time }: ChartData, kind: ChartKind) =>
  (color: (token: string) => string): PlotOptions => ({
    padding: [12, 16, 0, 8],
    legend: { show: false },
    cursor: { drag: { x: true, y: false }, points: { size: 6 } },
    scales: {
      x: { time, ...(kind === 'bar' ? { range: (_, min, max) => [min - 0.6, max + 0.6] } : {}) },
      y: kind === 'bar' ? { range: (_, min, max) => [Math.min(0, min), Math.max(0, max) * 1.05 || 1] } : {},
    },
    axes: [
      { ...axisStyle(color), size: 32, ...(time ? timeAxis : labelAxis(labels)) },
      { ...axisStyle(color), size: 72, values: (_, splits) => splits.map((split) => tick(split)) },
    ],
    series: [
      {},
      ...names.map((label, index): uPlot.Series => {
        const stroke = color(seriesColor(index));
        const bars = kind === 'bar' ? { fill: stroke, width: 0, paths: barPaths(index, names.length) } : { width: 1.5 };
        return { label, stroke, points: { show: false }, spanGaps: true, ...bars };
      }),
    ],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    hooks: {
      setCursor: [(plot) => hovered.set((plot.cursor.left ?? -1) < 0 ? null : (plot.cursor.idx ?? null))],
    },
  });
const tick = (value: number): string =>
  Number.isInteger(value) ? compact(value, 1_000_000) : String(Math.round(value * 1e6) / 1e6);

interface ChoiceProps {
  readonly state: QueryState;
  readonly choice: ChartChoice;
  readonly onChange: (choice: ChartChoice) => void;
}

const Choice = ({ state: { columns }, choice, onChange }: ChoiceProps) => {
  const item = (index: number): { value: string; label: string } => ({
    value: String(index),
    label: columns[index]!.name,
  });
  const numbers = columns.flatMap(({ type }, index) => (isNumeric(type) ? [index] : []));
  return (
    <div className={styles['chart-choice']}>
      <Select
        size="xs"
        label="x"
        data={[{ value: '-1', label: 'row number' }, ...columns.map((_, index) => item(index))]}
        value={String(choice.x)}
        allowDeselect={false}
        searchable
        onChange={(value) => onChange({ ...choice, x: Number(value) })}
      />
      <MultiSelect
        size="xs"
        label="y"
        data={numbers.map(item)}
        value={choice.ys.map(String)}
        searchable
        maxValues={8}
        onChange={(values) => onChange({ ...choice, ys: values.map(Number) })}
      />
      <SegmentedControl
        size="xs"
        aria-label="Kind of chart"
        data={[
          { value: 'line', label: 'Lines' },
          { value: 'bar', label: 'Bars' },
        ]}
        value={choice.kind}
        onChange={(kind) => onChange({ ...choice, kind: kind as ChartKind })}
      />
    </div>
  );
};

const xText = ({ xs, labels, time }: ChartData, at: number): string => {
  const x = xs[at] ?? 0;
  if (labels !== null) return labels[at] ?? '';
  return time ? new Date(x * 1000).toISOString().replace('T', ' ').slice(0, 19) : String(x);
};

const Legend = ({ names, data }: { names: readonly string[]; data: ChartData }) => {
  const at = useStore(hovered);
  return (
    <ul className={styles['chart-legend']}>
      {names.map((name, index) => (
        <li key={name}>
          <span style={{ background: `var(${seriesColor(index)})` }} /> {name}
          {at !== null && <strong>{data.ys[index]?.[at] ?? '–'}</strong>}
        </li>
      ))}
      {at !== null && <li>at {xText(data, at)}</li>}
    </ul>
  );
};

const Drawn = ({ state, rows, choice }: { state: QueryState; rows: readonly Row[]; choice: ChartChoice }) => {
  const data = useMemo(() => chartData(rows, state.columns, choice), [rows, state.columns, choice]);
  const names = choice.ys.map((index) => state.columns[index]!.name);
  return (
    <div className={styles['chart-body']}>
      <Legend names={names} data={data} />
      <div className={styles['chart-plot']}>
        <Plot
          options={optionsOf(names, data, choice.kind)}
          shape={JSON.stringify([state.queryId, choice])}
          data={[data.xs, ...data.ys] as unknown as PlotData}
          label={`Chart of ${names.join(', ')}`}
        />
      </div>
    </div>
  );
};

export const ResultChart = ({ state }: { state: QueryState }) => {
  const first = useMemo(() => defaultChoice(state.columns), [state.columns]);
  const [choice, setChoice] = useState(first);
  const rows = useQuery({
    queryKey: ['chart rows', state.queryId],
    queryFn: ({ signal }) => loadRows(state, signal),
    staleTime: Infinity,
    enabled: choice !== null,
  });
  if (choice === null)
    return (
      <Empty title="Nothing to draw">A chart needs a column of numbers. Add one, for example count(*) or avg(…).</Empty>
    );
  if (rows.error !== null) return <ProblemNote problem={problemOf(rows.error)} />;
  return (
    <div className={styles['chart']}>
      <Choice state={state} choice={choice} onChange={setChoice} />
      {rows.data === undefined ? (
        <Empty title="Reading the rows">They are drawn as soon as they are here.</Empty>
      ) : choice.ys.length === 0 ? (
        <Empty title="Nothing chosen">Choose at least one column for y.</Empty>
      ) : (
        <Drawn state={state} rows={rows.data} choice={choice} />
      )}
      {state.rows > chartRowsMax && (
        <p className={styles['note']}>
          Drawn from the first {count(chartRowsMax)} of {count(state.rows)} rows.
        </p>
      )}
    </div>
  );
};
