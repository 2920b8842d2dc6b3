/**
 * One engine per workspace: `engine.lock` names the engine that holds it. A lock whose process is gone is taken over.
 *
 * A process id may have been given to another program since (after a restart of the computer, almost surely), so the id alone
 * proves nothing: the engine that holds the lock also listens on a loopback port and answers with the lock's own secret.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TiffinError } from '../errors.ts';

export interface LockHolder {
  readonly pid: number;
  /** Where the lock's proof of life listens. */
  readonly port: number;
  readonly secret: string;
  /** The page of the engine, with its token, once it serves one. */
  readonly url: string | null;
}

export interface WorkspaceLock {
  /** Tells others where the running engine's page is. */
  announce(url: string): void;
  release(): Promise<void>;
}

const lockPath = (dir: string): string => join(dir, 'engine.lock');
const probeMs = 1_000;

/** Takes the lock or throws `WORKSPACE_IN_USE`, with the address of the running engine in its sentence. */
export const acquireLock = async (dir: string): Promise<WorkspaceLock> => {
  const secret = randomBytes(16).toString('hex');
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(secret);
  });
  await listen(server);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the lock has no port');
  let holder: LockHolder = { pid: process.pid, port: address.port, secret, url: null };
  try {
    await take(dir, holder);
  } catch (error) {
    server.close();
    throw error;
  }
  return {
    announce: (url) => {
      holder = { ...holder, url };
      writeFileSync(lockPath(dir), JSON.stringify(holder), { mode: 0o600 });
    },
    release: async () => {
      if (readHolder(dir)?.secret === secret) rmSync(lockPath(dir), { force: true });
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};

/** The engine that runs on this workspace now, if one does. */
export const runningEngine = async (dir: string): Promise<LockHolder | undefined> => {
  const holder = readHolder(dir);
  return holder && (await isAlive(holder)) ? holder : undefined;
};

const listen = (server: Server): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', () => resolve());
    server.unref();
  });

const take = async (dir: string, holder: LockHolder): Promise<void> => {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      writeFileSync(lockPath(dir), JSON.stringify(holder), { flag: 'wx', mode: 0o600 });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    // A lock that is being written this moment is empty for an instant.
    const other = readHolder(dir) ?? (await sleep(200), readHolder(dir));
    if (other && (await isAlive(other))) throw inUse(dir, other);
    rmSync(lockPath(dir), { force: true });
  }
  throw new TiffinError('WORKSPACE_IN_USE', `The workspace ${dir} is being taken by another engine.`, 'Try again.');
};

const inUse = (dir: string, { pid, url }: LockHolder): TiffinError =>
  new TiffinError(
    'WORKSPACE_IN_USE',
    `Another Tiffin already runs on the workspace ${dir} (process ${pid}${url ? `, ${url}` : ''}).`,
    url
      ? `Open ${url}, or stop that one, or use another folder with --workspace.`
      : 'Stop that one, or use another folder with --workspace.',
  );

const readHolder = (dir: string): LockHolder | undefined => {
  try {
    const holder = JSON.parse(readFileSync(lockPath(dir), 'utf8')) as LockHolder;
    return typeof holder.port === 'number' && typeof holder.secret === 'string' ? holder : undefined;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (missing || error instanceof SyntaxError) return undefined;
    throw error;
  }
};

/**
 * Does something on that port answer with that secret? Something that accepts but stays silent may be an engine that is
 * suspended or very busy: then its process id decides.
 */
const isAlive = (holder: LockHolder): Promise<boolean> =>
  new Promise((resolve) => {
    let heard = '';
    const socket = connect({ host: '127.0.0.1', port: holder.port, timeout: probeMs });
    const finish = (alive: boolean): void => {
      socket.destroy();
      resolve(alive);
    };
    socket.setEncoding('utf8').on('data', (text) => {
      heard += text;
    });
    const decide = (): void => finish(heard === holder.secret);
    socket.on('end', decide).on('error', decide);
    socket.on('timeout', () => finish(processExists(holder.pid)));
  });

const processExists = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};
