/** Metrics: how much, how fresh, how far behind, at what cost; over a window of time that the URL holds. */
import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'wouter';
import { problemOf } from '../api/problem.ts';
import { plural } from '../format/numbers.ts';
import { ProblemNote } from '../parts/controls.tsx';
import { ChartPanel } from './ChartPanel.tsx';
import { parseRange, rangeParams, type Range } from './range.ts';
import { RangePicker } from './RangePicker.tsx';
import { type RangeData, useRange } from './samples.ts';
import { columnsOf } from './series.ts';
import { charts, throughput, type ChartDefinition } from './specs.tsx';
import styles from './metrics.module.css';

interface ChartProps {
  readonly definition: ChartDefinition;
  readonly data: RangeData;
  readonly onZoom: (fromMs: number, toMs: number) => void;
}

const Chart = ({ definition: { spec, pick, empty }, data, onZoom }: ChartProps) => {
  const { samples, stepMs, fromMs, toMs } = data;
  const columns = useMemo(() => columnsOf(samples, stepMs, pick), [samples, stepMs, pick]);
  const range = useMemo(() => [fromMs / 1000, toMs / 1000] as const, [fromMs, toMs]);
  return (
    <ChartPanel
      spec={spec}
      columns={columns}
      stepMs={stepMs}
      range={range}
      onZoom={onZoom}
      empty={data.loading ? 'Loading…' : empty}
    />
  );
};

const MetricsPage = () => {
  const [search, setSearch] = useSearchParams();
  const range = parseRange(search);
  const setRange = useCallback((next: Range) => setSearch(rangeParams(next)), [setSearch]);
  const onZoom = useCallback(
    (fromMs: number, toMs: number) => {
      if (toMs - fromMs >= 10_000) setRange({ kind: 'fixed', fromMs, toMs });
    },
    [setRange],
  );
  const data = useRange(range);
  return (
    <div className={styles['page']}>
      <header className={styles['bar']}>
        <h1>Metrics</h1>
        <span className={styles['resolution']}>
          {data.stepMs > 1000 ? `averages over ${plural(data.stepMs / 1000, 'second')}` : 'one value a second'}
        </span>
        <RangePicker range={range} nowMs={data.toMs} onChange={setRange} />
      </header>
      {data.error !== null && <ProblemNote problem={problemOf(data.error)} />}
      <div className={styles['charts']}>
        <Chart definition={throughput} data={data} onZoom={onZoom} />
        {charts.map((definition) => (
          <Chart key={definition.spec.id} definition={definition} data={data} onZoom={onZoom} />
        ))}
      </div>
    </div>
  );
};

export default MetricsPage;
