/** From a result to a chart: which columns suit which axis, and the values that uPlot draws. Pure. */
import type { Cell, QueryColumn } from '../../engine/contract/index.ts';
import type { Row } from './page-cache.ts';
import { shapeOf } from './summary.ts';

export type ChartKind = 'line' | 'bar';
export interface ChartChoice {
  readonly x: number;
  readonly ys: readonly number[];
  readonly kind: ChartKind;
}

export const chartRowsMax = 10_000;
const seriesDefault = 3;

/** A sensible first chart: time or text on x, the first numbers on y; bars for text. Null when no column is a number. */
export const defaultChoice = (columns: readonly QueryColumn[]): ChartChoice | null => {
  const of = (shape: string): number[] =>
    columns.flatMap(({ type }, index) => (shapeOf(type) === shape ? [index] : []));
  const [numbers, times, texts] = [of('number'), of('time'), of('text')];
  const x = times[0] ?? texts[0] ?? (numbers.length > 1 ? numbers[0] : undefined) ?? -1;
  const ys = numbers.filter((index) => index !== x && !looksLikeKey(columns[index]!)).slice(0, seriesDefault);
  const some = ys.length > 0 ? ys : numbers.filter((index) => index !== x).slice(0, 1);
  if (some.length === 0) return null;
  return { x, ys: some, kind: times.length > 0 || texts.length === 0 ? 'line' : 'bar' };
};

/** A number that names something is seldom worth a chart. */
const looksLikeKey = ({ name }: QueryColumn): boolean => /(^|_)(id|key|offset|partition)$/i.test(name);

const toNumber = (value: Cell | undefined): number | null => {
  if (value === null || value === undefined || value === '' || typeof value === 'boolean') return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
};

/** DuckDB writes `2026-03-03 12:00:00+00`; without a zone it is taken as UTC, as DuckDB would show it. */
export const toSeconds = (value: Cell | undefined): number | null => {
  if (typeof value !== 'string') return null;
  const iso = value.trim().replace(' ', 'T');
  const full = iso.includes('T') ? iso.replace(/([+-]\d{2})$/, '$1:00') : `${iso}T00:00:00`;
  const ms = Date.parse(/(Z|[+-]\d{2}:\d{2})$/.test(full) ? full : `${full}Z`);
  return Number.isNaN(ms) ? null : ms / 1000;
};

export interface ChartData {
  readonly xs: readonly number[];
  readonly ys: readonly (readonly (number | null)[])[];
  /** For text on x: what stands at 0, 1, 2, … */
  readonly labels: readonly string[] | null;
  readonly time: boolean;
}

/** Rows in the order of x; text keeps the order of the result. Rows whose x is not known are left out. */
export const chartData = (rows: readonly Row[], columns: readonly QueryColumn[], { x, ys }: ChartChoice): ChartData => {
  const shape = x < 0 ? 'row' : shapeOf(columns[x]!.type);
  const values = (row: Row): (number | null)[] => ys.map((index) => toNumber(row[index]));
  if (shape === 'text' || shape === 'row') {
    const labels = shape === 'row' ? null : rows.map((row) => String(row[x] ?? 'NULL'));
    return { xs: rows.map((_, index) => index), ys: columnsFrom(rows.map(values), ys.length), labels, time: false };
  }
  const at = shape === 'time' ? toSeconds : toNumber;
  const points = rows
    .map((row) => ({ x: at(row[x]), row }))
    .filter((point): point is { x: number; row: Row } => point.x !== null)
    .toSorted((a, b) => a.x - b.x);
  return {
    xs: points.map((point) => point.x),
    ys: columnsFrom(
      points.map((point) => values(point.row)),
      ys.length,
    ),
    labels: null,
    time: shape === 'time',
  };
};

const columnsFrom = (rows: readonly (number | null)[][], count: number): (number | null)[][] =>
  Array.from({ length: count }, (_, index) => rows.map((row) => row[index] ?? null));
