/** Sums and judgements over the platform's state: pure, so that what a colour says is tested and in one place. */
import type { FlowNode, NodeStatus, PlatformState, Sample } from '../../engine/contract/index.ts';
import type { Tone } from '../parts/controls.tsx';

/** A lag below this is the rhythm of micro-batches; above the second it is time to look. */
export const lagWarnSeconds = 5;
export const lagFaultSeconds = 30;

export const lagTone = (seconds: number | undefined): Tone =>
  seconds === undefined || seconds < lagWarnSeconds ? 'ok' : seconds < lagFaultSeconds ? 'warn' : 'fault';

/** `flowing`: it took something in the last seconds, whether or not a batch runs at this very moment. */
export const statusTone = (status: NodeStatus | undefined, flowing = status?.phase === 'running'): Tone => {
  if (status === undefined) return 'idle';
  if (status.phase === 'failed' || status.problem !== undefined) return 'fault';
  const lag = lagTone(status.lagSeconds);
  if (lag !== 'ok') return lag;
  return flowing ? 'ok' : 'idle';
};

const words: Readonly<Record<NodeStatus['phase'], string>> = {
  idle: 'idle: nothing new to do',
  running: 'running',
  waiting: 'waiting for what it reads',
  failed: 'failed',
};
export const statusWord = (status: NodeStatus | undefined, flowing = status?.phase === 'running'): string => {
  if (status === undefined) return 'not started yet';
  if (status.problem !== undefined) return `failed: ${status.problem.message}`;
  const word = flowing && status.phase === 'idle' ? words.running : words[status.phase];
  return lagTone(status.lagSeconds) === 'ok' ? word : `${word}, behind by ${status.lagSeconds} s`;
};

export const sum = (values: readonly (number | undefined)[]): number | undefined => {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((total, value) => total + value, 0);
};

/** Messages or rows a second at one node, over time; a second in which it was not known leaves a gap. */
export const rateSeries = (samples: readonly Sample[], name: string): (number | undefined)[] =>
  samples.map((sample) => sample.topics[name] ?? sample.tables[name]?.rowsPerSecond);

export const totalRateSeries = (samples: readonly Sample[]): number[] =>
  samples.map((sample) => Object.values(sample.topics).reduce((total, rate) => total + rate, 0));

/** The flow on a wire as one of five speeds, so that its motion changes only when the flow really does. */
export const speedOf = (perSecond: number | undefined): 0 | 1 | 2 | 3 | 4 => {
  if (perSecond === undefined || perSecond < 0.05) return 0;
  if (perSecond < 10) return 1;
  if (perSecond < 100) return 2;
  return perSecond < 1000 ? 3 : 4;
};

export interface Totals {
  readonly lagMessages: number | undefined;
  readonly lagSeconds: number | undefined;
  readonly rssBytes: number;
  readonly cpuPercent: number;
}

export const totalsOf = (state: PlatformState, nodes: readonly FlowNode[]): Totals => {
  const of = (layer: FlowNode['layer']): NodeStatus[] =>
    nodes.flatMap((node) => (node.layer === layer ? (state.nodes[node.id] ?? []) : []));
  const tables = [...of('bronze'), ...of('silver'), ...of('gold')];
  const lags = tables.flatMap(({ lagSeconds }) => lagSeconds ?? []);
  return {
    lagMessages: sum(of('bronze').map((table) => table.lagMessages)),
    lagSeconds: lags.length === 0 ? undefined : Math.max(...lags),
    rssBytes: state.processes.reduce((total, process) => total + process.rssBytes, 0),
    cpuPercent: state.processes.reduce((total, process) => total + process.cpuPercent, 0),
  };
};
