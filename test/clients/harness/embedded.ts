/** The embedded broker as a process of its own, as the engine runs it; so a client's load and the broker's do not share a thread. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { nodeFlagsOf } from '../../../engine/index.ts';
import type { BrokerOptions, Ports, RunningBroker } from './target.ts';

export const startEmbedded = async (options: BrokerOptions): Promise<RunningBroker> => {
  const child = fork(join(import.meta.dirname, 'embedded-process.ts'), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: nodeFlagsOf('broker'),
  });
  const ended = once(child, 'exit');
  child.send(options);
  const ready = once(child, 'message') as Promise<[Ports]>;
  const first = await Promise.race([ready, ended.then(([code]) => code as number | null)]);
  if (!Array.isArray(first)) throw new Error(`The embedded broker ended with code ${first} while starting.`);
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  const stop = async (): Promise<void> => {
    child.send('stop');
    await ended;
  };
  return { ports: first[0], pid: child.pid!, kill, stop };
};
