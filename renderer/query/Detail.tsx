/** The drawer of the Query page: one value in full, or the summary of one column. */
import { CopyButton } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { Cell, QueryColumn } from '../../engine/contract/index.ts';
import { problemOf } from '../api/problem.ts';
import { absent, count, plural } from '../format/numbers.ts';
import { moment } from '../format/time.ts';
import { Button, Empty, ProblemNote } from '../parts/controls.tsx';
import { Section, SidePanel } from '../parts/SidePanel.tsx';
import { cellDetail } from './cells.ts';
import { askRows } from './runs.ts';
import { barsMax, figuresSql, shapeOf, spreadSql } from './summary.ts';
import styles from './detail.module.css';

export interface CellDetailProps {
  readonly column: QueryColumn;
  readonly row: number;
  readonly value: Cell | undefined;
  readonly onClose: () => void;
}

export const CellDetail = ({ column, row, value, onClose }: CellDetailProps) => {
  const { text, json } = value === undefined || value === null ? { text: 'NULL', json: false } : cellDetail(value);
  return (
    <SidePanel label={`Value of ${column.name}`} title={column.name} onClose={onClose}>
      <Section
        title={`row ${count(row + 1)} · ${column.type.toLowerCase()}`}
        aside={json ? 'laid out' : plural(text.length, 'character')}
      >
        <pre className={styles['value']} data-null={value === null} tabIndex={0}>
          {text}
        </pre>
      </Section>
      <CopyButton value={value === null || value === undefined ? '' : String(value)}>
        {({ copied, copy }) => (
          <Button icon={copied ? IconCheck : IconCopy} onClick={copy}>
            {copied ? 'Copied' : 'Copy as it is'}
          </Button>
        )}
      </CopyButton>
    </SidePanel>
  );
};

export interface SummaryProps {
  /** What is summed up, as SQL that may stand after FROM. */
  readonly from: string;
  readonly of: string;
  readonly column: QueryColumn;
  readonly onClose: () => void;
}

const text = (value: unknown): string => (value === null || value === undefined ? absent : String(value));
const decimal = (value: unknown): string =>
  value === null || value === undefined ? absent : Number(value).toLocaleString('en-US', { maximumFractionDigits: 4 });

const Figures = ({ row, column }: { row: readonly unknown[]; column: QueryColumn }) => {
  const [rows, nulls, distinct, min, max, mean, q25, median, q75] = row;
  const share = Number(rows) === 0 ? '' : ` (${((Number(nulls) / Number(rows)) * 100).toFixed(1)} %)`;
  const lines: [string, string][] = [
    ['rows', count(Number(rows))],
    ['NULL', `${count(Number(nulls))}${share}`],
    ['distinct, about', distinct === null ? absent : count(Number(distinct))],
    ['smallest', text(min)],
    ['largest', text(max)],
    ...(shapeOf(column.type) === 'number'
      ? ([
          ['mean', decimal(mean)],
          ['lower quartile', decimal(q25)],
          ['median', decimal(median)],
          ['upper quartile', decimal(q75)],
        ] as [string, string][])
      : []),
  ];
  return (
    <dl className={styles['lines']}>
      {lines.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd title={value}>{value}</dd>
        </div>
      ))}
    </dl>
  );
};

const Bars = ({ rows, column }: { rows: readonly (readonly unknown[])[]; column: QueryColumn }) => {
  const counts = Array.from({ length: barsMax }, (_, bar) =>
    Number(rows.find((row) => Number(row[0] ?? 0) === bar)?.[1] ?? 0),
  );
  const top = Math.max(...counts, 1);
  const [low, high] = [Number(rows[0]?.[2]), Number(rows[0]?.[3])];
  const end = (value: number): string => (shapeOf(column.type) === 'time' ? moment(value) : decimal(value));
  return (
    <>
      <div
        className={styles['bars']}
        role="img"
        aria-label={`Spread of ${column.name} from ${end(low)} to ${end(high)}`}
      >
        {counts.map((value, bar) => (
          // oxlint-disable-next-line react/no-array-index-key -- a bar is its place
          <span key={bar} title={`${count(value)} rows`} style={{ height: `${(value / top) * 100}%` }} />
        ))}
      </div>
      <div className={styles['ends']}>
        <span>{end(low)}</span>
        <span>{end(high)}</span>
      </div>
    </>
  );
};

const Top = ({ rows, total }: { rows: readonly (readonly unknown[])[]; total: number }) => (
  <ul className={styles['top']}>
    {rows.map((row) => (
      <li key={String(row[0])}>
        <span className={styles['share']} style={{ width: `${(Number(row[1]) / Math.max(1, total)) * 100}%` }} />
        <span className={styles['top-value']} title={String(row[0])}>
          {row[0] === '' ? '(empty)' : String(row[0])}
        </span>
        <span>{count(Number(row[1]))}</span>
      </li>
    ))}
  </ul>
);

export const ColumnSummary = ({ from, of, column, onClose }: SummaryProps) => {
  const { data, error } = useQuery({
    queryKey: ['summary', from, column.name],
    queryFn: async ({ signal }) => {
      const figures = await askRows(figuresSql(from, column.name, column.type), signal);
      const spread = await askRows(spreadSql(from, column.name, column.type), signal);
      return { figures: figures.rows[0] ?? [], spread: spread.rows };
    },
    retry: false,
    staleTime: Infinity,
    gcTime: 0,
  });
  return (
    <SidePanel label={`Summary of ${column.name}`} title={column.name} onClose={onClose}>
      {error !== null && <ProblemNote problem={problemOf(error)} />}
      {data === undefined && error === null && (
        <Empty title="Counting">Its figures and how its values are spread appear here.</Empty>
      )}
      {data !== undefined && (
        <>
          <Section title={`${column.type.toLowerCase()}`} aside={`of ${of}`}>
            <Figures row={data.figures} column={column} />
          </Section>
          {data.spread.length > 0 && (
            <Section title={shapeOf(column.type) === 'text' ? 'Most frequent' : 'Spread'}>
              {shapeOf(column.type) === 'text' ? (
                <Top rows={data.spread} total={Number(data.figures[0])} />
              ) : (
                <Bars rows={data.spread} column={column} />
              )}
            </Section>
          )}
        </>
      )}
    </SidePanel>
  );
};
