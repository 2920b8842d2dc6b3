/** What another process uses, where the system tells in a file (Linux); elsewhere asking would cost a process each second. */
import { readFileSync } from 'node:fs';

const clockTicksPerSecond = 100;

export const usageOf = (pid: number): { readonly rssBytes: number; readonly cpuMs: number } | undefined => {
  if (process.platform !== 'linux') return undefined;
  try {
    const rssKb = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0;
    const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ').slice(11, 13);
    return { rssBytes: Number(rssKb) * 1024, cpuMs: ((Number(user) + Number(system)) / clockTicksPerSecond) * 1000 };
  } catch (error) {
    // it has just ended
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
};
