/** The embedded broker as a process of its own, as the engine runs it; so a client's load and the broker's do not share a thread. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { EmbeddedOptions } from './embedded-process.ts';

export interface Embedded {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

export const startEmbedded = async (options: EmbeddedOptions): Promise<Embedded> => {
  const child = fork(join(import.meta.dirname, 'embedded-process.ts'), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  child.send(options);
  const ready = once(child, 'message') as Promise<[{ port: number }]>;
  const first = await Promise.race([ready, ended.then(([code]) => code as number | null)]);
  if (!Array.isArray(first)) throw new Error(`The embedded broker ended with code ${first} while starting.`);
  const stop = async (): Promise<void> => {
    child.send('stop');
    await ended;
  };
  return { port: first[0].port, pid: child.pid!, stop };
};
