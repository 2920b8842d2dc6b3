/**
 * The broker's folder: its format's version, the cluster's id, a lock against a second broker, and whether what was
 * appended last can be trusted to be on the disk.
 */
import { randomBytes } from 'node:crypto';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { BrokerError } from './errors.ts';
import type { Files } from './log/files.ts';

const FORMAT = 1;
/** Clocks are adjusted; two readings of when the machine started may differ by this much. */
const BOOT_TOLERANCE_MS = 60_000;

interface Stored {
  readonly format: number;
  readonly clusterId: string;
}
interface Session {
  readonly pid: number;
  readonly bootMs: number;
  readonly stopped: boolean;
}

export interface DataDir {
  readonly clusterId: string;
  /** false: the machine went down without a stop, so that the system may not have written all it was given. */
  readonly trustTail: boolean;
  /** Notes that the broker stopped in good order. */
  stopped(): void;
}

const parse = <T>(bytes: Buffer | undefined): T | undefined => {
  try {
    return bytes === undefined ? undefined : (JSON.parse(bytes.toString('utf8')) as T);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

export const openDataDir = (files: Files, dir: string, nowMs: number): DataDir => {
  files.makeDir(dir);
  const metaPath = join(dir, 'meta.json');
  const sessionPath = join(dir, 'session.json');
  const meta = openMeta(files, metaPath, dir);
  const bootMs = Math.round(nowMs - uptime() * 1000);
  const last = parse<Session>(files.readAll(sessionPath));
  if (last !== undefined && !last.stopped) checkUnused(last, dir, bootMs);
  const save = (stopped: boolean): void =>
    files.replace(sessionPath, Buffer.from(JSON.stringify({ pid: process.pid, bootMs, stopped })));
  save(false);
  const trustTail = last === undefined || last.stopped || isSameBoot(last, bootMs);
  return { clusterId: meta.clusterId, trustTail, stopped: () => save(true) };
};

const isSameBoot = (last: Session, bootMs: number): boolean => Math.abs(last.bootMs - bootMs) <= BOOT_TOLERANCE_MS;

const openMeta = (files: Files, path: string, dir: string): Stored => {
  const bytes = files.readAll(path);
  if (bytes === undefined) {
    const created = { format: FORMAT, clusterId: randomBytes(16).toString('base64url') };
    files.replace(path, Buffer.from(JSON.stringify(created)));
    return created;
  }
  const stored = parse<Stored>(bytes);
  if (stored?.format === FORMAT && typeof stored.clusterId === 'string') return stored;
  throw new BrokerError(
    'UNKNOWN_FORMAT',
    `${dir} was written in format ${stored?.format ?? 'unknown'}; this version knows format ${FORMAT}`,
    'Use the version that wrote it, or another data folder.',
  );
};

const checkUnused = (last: Session, dir: string, bootMs: number): void => {
  if (last.pid === process.pid || !isSameBoot(last, bootMs) || !isRunning(last.pid)) return;
  throw new BrokerError(
    'DATA_DIR_IN_USE',
    `${dir} is in use by another broker (process ${last.pid})`,
    'Stop that broker, or use another data folder.',
  );
};
