/** What the commands share: opening a workspace with its lock, starting a platform on it, and ending both whatever happens. */
import type { LogLine } from '../contract/index.ts';
import { TiffinError } from '../errors.ts';
import { openLogs, type Logs } from '../logs.ts';
import { type ChildName, Platform } from '../platform/index.ts';
import { type Workspace, openWorkspace, readWorkspace, type WorkspaceLock } from '../workspace/index.ts';
import { starterDir, version } from './project.ts';
import { logText, narrate } from './output.ts';
import { onStopRequest } from './signals.ts';

export interface SessionOptions {
  readonly workspace: string;
  readonly seed?: number;
  /** Which processes; default all. */
  readonly only?: readonly ChildName[];
  readonly wellKnownPorts?: boolean;
  /** Print warnings of the processes as they come. */
  readonly tellWarnings?: boolean;
}

export interface Session {
  readonly platform: Platform;
  readonly workspace: Workspace;
  readonly lock: WorkspaceLock;
  readonly logs: Logs;
  /** Resolves when the user (or the system) wants us to stop. */
  readonly stopRequested: Promise<void>;
}

/** Opens, starts, lets `use` work, and stops: in order, also when `use` fails. */
export const withPlatform = async <T>(options: SessionOptions, use: (session: Session) => Promise<T>): Promise<T> => {
  const { lock, ...workspace } = await openWorkspace({
    dir: options.workspace,
    starterDir,
    ...(options.seed !== undefined && { seed: options.seed }),
  });
  const logs = openLogs({
    dir: workspace.paths.logs,
    ...((options.tellWarnings ?? true) && { onLine: tellWarning }),
  });
  const stop = onStopRequest();
  const platform = new Platform({
    version,
    workspace,
    logs,
    wellKnownPorts: options.wellKnownPorts ?? false,
    ...(options.only && { only: options.only }),
  });
  try {
    return await use({ platform, workspace, lock, logs, stopRequested: stop.requested });
  } finally {
    await platform.stop();
    logs.close();
    await lock.release();
    stop.dispose();
  }
};

const tellWarning = (line: LogLine): void => {
  const isWarning = line.level === 'warn' || line.level === 'error';
  if (isWarning || process.env['TIFFIN_DEBUG']) narrate(`[${line.process}] ${logText(line)}`);
};

/** The workspace that a command reads; it must be there. */
export const existingWorkspace = (dir: string): Workspace => {
  const workspace = readWorkspace(dir);
  if (workspace) return workspace;
  throw new TiffinError(
    'NO_WORKSPACE',
    `There is no workspace in ${dir}.`,
    'Make one with tiffin up or tiffin run, or name it with --workspace.',
  );
};
