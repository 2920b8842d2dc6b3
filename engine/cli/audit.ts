/** `tiffin audit`: of the engine that runs on the workspace, or, when none does, of the platform started for it without a source. */
import type { AuditReport } from '../contract/index.ts';
import { unreadTopic } from '../audit/lines.ts';
import { runningEngine } from '../workspace/index.ts';
import { callEngine } from './client.ts';
import { count, exitCodes, narrate, print, printJson, tableText } from './output.ts';
import { existingWorkspace, withPlatform } from './session.ts';

export interface AuditOptions {
  readonly workspace: string;
  readonly json?: boolean;
}

export const auditCommand = async (options: AuditOptions): Promise<number> => {
  const { paths } = existingWorkspace(options.workspace);
  const engine = await runningEngine(paths.root);
  const report =
    engine?.url === undefined || engine.url === null
      ? await auditAtRest(options.workspace)
      : await callEngine(engine.url, (api) => api.audit.run.mutate());
  if (options.json === true) printJson(report);
  else printAudit(report);
  return report.ok && report.lost === 0 ? exitCodes.done : exitCodes.no;
};

const auditAtRest = (workspace: string): Promise<AuditReport> =>
  withPlatform({ workspace }, async ({ platform }) => {
    narrate('No engine runs here: the platform is started without a source, for the audit …');
    await platform.ready;
    return platform.audit();
  });

export const printAudit = (report: AuditReport): void => {
  const rows = report.lines.map(({ check, subject, counts, ok, note }) => [
    ok ? 'ok' : 'NOT OK',
    check,
    subject,
    counts.map((hop) => `${hop.hop} ${count(hop.count)}`).join(ok ? ' = ' : ', '),
    note ?? '',
  ]);
  print(tableText(['', 'check', 'of', 'counts', 'note'], rows));
  print(
    report.ok
      ? 'All counts agree; nothing is lost and nothing is doubled.'
      : `Not all counts agree; lost: ${count(report.lost)}.`,
  );
  for (const { subject, note } of report.lines) if (note === unreadTopic) print(`\n${howToRead(subject)}`);
};

/** What somebody with data of their own does next. */
const howToRead = (topic: string): string => {
  const table = topic.replace(/^replay\./, '').replaceAll(/[^a-z0-9_]+/gi, '_');
  return [
    `No pipeline reads the topic ${topic}. In a file of its own in the workspace's pipelines/, this makes a table of it:`,
    `  CREATE OR REFRESH STREAMING TABLE bronze.${table} AS SELECT * FROM STREAM read_kafka(topics => '${topic}');`,
  ].join('\n');
};
