/** The figures for Prometheus: read from the newest state when they are asked for, so that they cost nothing in between. */
import { Counter, Gauge, Registry } from 'prom-client';
import type { PlatformState } from '../contract/index.ts';

export interface Prometheus {
  text(state: PlatformState): Promise<{ text: string; contentType: string }>;
}

export const createPrometheus = (): Prometheus => {
  const registry = new Registry();
  const registers = [registry];
  const gauge = <L extends string>(name: string, help: string, ...labelNames: L[]): Gauge<L> =>
    new Gauge({ name: `tiffin_${name}`, help, labelNames, registers });
  const memory = gauge('process_resident_memory_bytes', 'Resident memory of a process.', 'process');
  const cpu = gauge(
    'process_cpu_percent',
    'Processor use of a process over the last second, in per cent of one core.',
    'process',
  );
  const restarts = new Counter({
    name: 'tiffin_process_restarts_total',
    help: 'Restarts of a process.',
    labelNames: ['process'],
    registers,
  });
  const up = gauge('process_up', '1 when a process is running.', 'process');
  const rows = gauge('node_rows', 'Messages of a topic or rows of a table.', 'node');
  const rate = gauge('node_rows_per_second', 'Messages or rows a second.', 'node');
  const lag = gauge('node_lag_messages', 'Messages not yet processed.', 'node');
  const lagSeconds = gauge('node_lag_seconds', 'Age of the oldest message not yet processed.', 'node');
  const batch = gauge('table_batch_milliseconds', 'Duration of the newest micro-batch.', 'node');
  const quarantined = gauge('table_quarantined_rows', 'Rows set aside by expectations.', 'node');
  const duplicates = gauge('table_duplicate_rows', 'Rows removed as duplicates.', 'node');
  const freshness = gauge('freshness_milliseconds', 'Produced to visible in gold, over the last minute.', 'quantile');

  const fill = (state: PlatformState): void => {
    registry.resetMetrics();
    for (const process of state.processes) {
      const labels = { process: process.name };
      memory.set(labels, process.rssBytes);
      cpu.set(labels, process.cpuPercent);
      restarts.inc(labels, process.restarts);
      up.set(labels, process.phase === 'running' ? 1 : 0);
    }
    for (const [node, status] of Object.entries(state.nodes)) {
      const set = (to: Gauge<'node'>, value: number | undefined): void => {
        if (value !== undefined) to.set({ node }, value);
      };
      set(rows, status.rows);
      set(rate, status.perSecond);
      set(lag, status.lagMessages);
      set(lagSeconds, status.lagSeconds);
      set(batch, status.batchMs);
      set(quarantined, status.quarantined);
      set(duplicates, status.duplicates);
    }
    if (state.freshnessMs) {
      freshness.set({ quantile: '0.5' }, state.freshnessMs.p50);
      freshness.set({ quantile: '0.99' }, state.freshnessMs.p99);
    }
  };

  return {
    text: async (state) => {
      fill(state);
      return { text: await registry.metrics(), contentType: registry.contentType };
    },
  };
};
