/**
 * uPlot as a component: one canvas per chart that lives as long as its shape (series, theme) does. New data is set on it, a new
 * size is told to it; nothing is rebuilt once a second, and on unmount it is destroyed.
 */
import 'uplot/dist/uPlot.min.css';
import './plot.css';
import { useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useEffect, useEffectEvent, useRef } from 'react';
import uPlot from 'uplot';

export type PlotData = uPlot.AlignedData;
export type PlotOptions = Omit<uPlot.Options, 'width' | 'height'>;

interface PlotProps {
  /** Builds the options; called when `shape` or the theme changes, when the colours are to be read. */
  readonly options: (color: (token: string) => string) => PlotOptions;
  /** Says which options these are: the same text, the same chart. */
  readonly shape: string;
  readonly data: PlotData;
  /** The x axis in full, whether or not there is data for all of it. */
  readonly range?: readonly [number, number];
  readonly label: string;
}

const cssColor = (token: string): string => getComputedStyle(document.documentElement).getPropertyValue(token).trim();

/** Whoever builds options for a chart draws its axes alike. */
export const axisStyle = (color: (token: string) => string): uPlot.Axis => ({
  stroke: color('--chart-axis'),
  font: "11px 'Inter Variable', sans-serif",
  grid: { stroke: color('--chart-grid'), width: 1 },
  ticks: { show: false },
  gap: 6,
});

interface CanvasProps extends Omit<PlotProps, 'shape' | 'label'> {
  readonly width: number;
  readonly height: number;
}

const Canvas = ({ options, data, range, width, height }: CanvasProps) => {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [from, to] = range ?? [];

  const create = useEffectEvent(
    (element: HTMLElement) => new uPlot({ ...options(cssColor), width, height }, data, element),
  );
  useEffect(() => {
    const created = create(host.current!);
    plot.current = created;
    return () => {
      plot.current = null;
      created.destroy();
    };
  }, []);

  useEffect(() => {
    const { current } = plot;
    if (current === null || data.length !== current.series.length) return;
    current.batch(() => {
      current.setData(data, false);
      const min = from ?? data[0][0];
      const max = to ?? data[0].at(-1);
      if (min !== undefined && max !== undefined) current.setScale('x', { min, max: max === min ? min + 1 : max });
    });
  }, [data, from, to]);

  useEffect(() => plot.current?.setSize({ width, height }), [width, height]);

  return <div ref={host} />;
};

export const Plot = ({ shape, label, ...canvas }: PlotProps) => {
  const { ref, width, height } = useElementSize<HTMLDivElement>();
  const scheme = useComputedColorScheme('dark');
  const ready = width > 0 && height > 0;
  return (
    <div ref={ref} className="plot" role="img" aria-label={label}>
      {ready && <Canvas key={`${scheme} ${shape}`} {...canvas} width={width} height={height} />}
    </div>
  );
};
