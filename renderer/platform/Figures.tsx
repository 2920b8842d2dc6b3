/** The five figures that say how the platform does, each with its window of time and a way to its evidence. */
import { type ReactNode } from 'react';
import { Link } from 'wouter';
import type { FlowGraph, PlatformState } from '../../engine/contract/index.ts';
import { recent } from '../api/live.ts';
import { rateSeconds } from '../api/samples.ts';
import { useStore } from '../api/store.ts';
import { absent, bytes, compact, count, duration, percent, rate } from '../format/numbers.ts';
import { clock } from '../format/time.ts';
import { Sparkline } from '../parts/Sparkline.tsx';
import { Term } from '../parts/Term.tsx';
import { audit } from '../shell/actions.ts';
import { totalRateSeries, totalsOf } from './figures.ts';
import { useRate } from './use-rate.ts';
import styles from './platform.module.css';

interface FigureProps {
  readonly href: string;
  readonly label: ReactNode;
  readonly value: string;
  readonly unit?: string;
  readonly note: ReactNode;
  readonly spark?: ReactNode;
  readonly tone?: 'ok' | 'warn' | 'fault' | 'plain';
}

const Figure = ({ href, label, value, unit, note, spark, tone = 'plain' }: FigureProps) => (
  <Link href={href} className={styles['figure'] ?? ''}>
    <span className={styles['figure-label']}>{label}</span>
    <span className={styles['figure-line']}>
      <span className={styles['figure-value']} data-tone={tone}>
        {value}
        {unit !== undefined && <span className={styles['figure-unit']}>{unit}</span>}
      </span>
      {spark}
    </span>
    <span className={styles['figure-note']}>{note}</span>
  </Link>
);

const minute = 60;

const spark = (values: readonly (number | undefined)[]) => (
  <Sparkline values={values} width={72} height={24} color="var(--accent)" />
);

const AuditFigure = () => {
  const { running, report } = useStore(audit);
  const note = running ? 'counting…' : report === null ? 'run the audit to know' : `audit at ${clock(report.atMs)}`;
  const tone = report === null ? 'plain' : report.ok ? 'ok' : 'fault';
  return (
    <Figure
      href="/?panel=audit"
      label={<Term name="audit">Lost</Term>}
      value={report === null ? absent : count(report.lost)}
      note={note}
      tone={tone}
    />
  );
};

export const Figures = ({ state, graph }: { state: PlatformState; graph: FlowGraph | null }) => {
  const samples = useStore(recent).slice(-minute);
  const totals = totalsOf(state, graph?.nodes ?? []);
  const topics = graph?.nodes.filter((node) => node.layer === 'topic') ?? [];
  const fresh = state.freshnessMs;
  const p99 = samples.map((sample) => sample.freshnessMs?.p99);
  return (
    <section className={styles['figures']} aria-label="Key figures">
      <Figure
        href="/metrics"
        label={<Term name="throughput">Throughput</Term>}
        value={rate(useRate(topics))}
        unit="messages/s"
        note={`into Kafka · mean of ${rateSeconds} s`}
        spark={spark(totalRateSeries(samples))}
      />
      <Figure
        href="/metrics"
        label={<Term name="freshness">Freshness</Term>}
        value={duration(fresh?.p99)}
        unit="p99"
        note={fresh === null ? 'produced → visible in gold' : `p50 ${duration(fresh.p50)} · last minute`}
        spark={spark(p99)}
      />
      <Figure
        href="/metrics"
        label={<Term name="lag">Lag</Term>}
        value={compact(totals.lagMessages)}
        unit="messages"
        note={
          totals.lagSeconds === undefined
            ? 'of bronze behind Kafka'
            : `furthest behind by ${duration(totals.lagSeconds * 1000)}`
        }
        tone={(totals.lagSeconds ?? 0) > 5 ? 'warn' : 'plain'}
      />
      <Figure
        href="/metrics"
        label={<Term name="rss">Memory</Term>}
        value={bytes(totals.rssBytes)}
        note={`CPU ${percent(totals.cpuPercent)} of one core`}
        spark={spark(
          samples.map((sample) => Object.values(sample.processes).reduce((total, each) => total + each.rssBytes, 0)),
        )}
      />
      <AuditFigure />
    </section>
  );
};
