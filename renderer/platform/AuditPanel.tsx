/** The audit: nothing lost, nothing doubled, as numbers at every hop. */
import { IconCheck, IconListCheck, IconX } from '@tabler/icons-react';
import type { AuditLine, AuditReport } from '../../engine/contract/index.ts';
import { problemOf } from '../api/problem.ts';
import { useStore } from '../api/store.ts';
import { count, duration, plural } from '../format/numbers.ts';
import { clock } from '../format/time.ts';
import { Button, Empty, ProblemNote } from '../parts/controls.tsx';
import { SidePanel } from '../parts/SidePanel.tsx';
import { Term } from '../parts/Term.tsx';
import { audit, runAudit } from '../shell/actions.ts';
import styles from './audit.module.css';

const Verdict = ({ report }: { report: AuditReport }) => {
  const failed = report.lines.filter((each) => !each.ok).length;
  return (
    <div className={styles['verdict']} data-ok={report.ok}>
      {report.ok ? <IconCheck size={20} aria-hidden /> : <IconX size={20} aria-hidden />}
      <div>
        <p className={styles['verdict-words']}>
          {report.ok ? 'Nothing lost, nothing doubled' : `${plural(failed, 'check')} of ${report.lines.length} failed`}
        </p>
        <p className={styles['muted']}>
          {count(report.lost)} lost · {plural(report.lines.length, 'check')} · at {clock(report.atMs)}
          {report.pausedMs !== undefined && <> · city paused for {duration(report.pausedMs)}</>}
        </p>
      </div>
    </div>
  );
};

const Check = ({ line }: { line: AuditLine }) => (
  <li className={styles['line']} data-ok={line.ok}>
    <div className={styles['line-head']}>
      {line.ok ? <IconCheck size={14} aria-label="agrees" /> : <IconX size={14} aria-label="does not agree" />}
      <span className={styles['subject']}>{line.subject}</span>
    </div>
    <dl className={styles['counts']}>
      {line.counts.map(({ hop, count: value }) => (
        <div key={hop}>
          <dt>{hop}</dt>
          <dd>{count(value)}</dd>
        </div>
      ))}
    </dl>
    {line.note !== undefined && <p className={styles['note']}>{line.note}</p>}
  </li>
);

/** Lines of the same check stand together, what failed first. */
const Checks = ({ lines }: { lines: readonly AuditLine[] }) =>
  [...Map.groupBy(lines, (line) => line.check)].map(([check, group]) => (
    <section key={check} className={styles['check']}>
      <h3>{check}</h3>
      <ul>
        {group
          .toSorted((a, b) => Number(a.ok) - Number(b.ok))
          .map((line) => (
            <Check key={line.subject} line={line} />
          ))}
      </ul>
    </section>
  ));

export const AuditPanel = ({ onClose }: { onClose: () => void }) => {
  const { running, report, error } = useStore(audit);
  const button = (
    <Button
      tone={report === null ? 'primary' : 'plain'}
      icon={IconListCheck}
      onClick={() => void runAudit()}
      disabled={running}
    >
      {running ? 'Counting at every hop…' : report === null ? 'Run the audit' : 'Run it again'}
    </Button>
  );
  return (
    <SidePanel label="Audit" title={<Term name="audit">Audit</Term>} onClose={onClose} width={432}>
      {error !== null && <ProblemNote problem={problemOf(error)} />}
      {report === null ? (
        <Empty title="The ledger against every hop" action={button}>
          What the city generated, what Kafka took, and what bronze, silver and quarantine hold: each count beside the
          next.
        </Empty>
      ) : (
        <>
          <Verdict report={report} />
          <div className={styles['again']}>{button}</div>
          <Checks lines={report.lines} />
        </>
      )}
    </SidePanel>
  );
};
