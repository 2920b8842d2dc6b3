/** Every process of the platform is killed in the middle of a run; the run completes and every count is exact. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { pidOf, reportOf, start, temporaryDir, tiffin } from './run-harness.ts';

let dir: ReturnType<typeof temporaryDir>;
beforeEach(() => {
  dir = temporaryDir();
});
afterEach(() => dir.remove());

const events = 15_000;

test(
  'kill -9 of each process, one after the other, loses nothing and doubles nothing',
  { timeout: 240_000 },
  async () => {
    const run = start(['run', '--events', String(events), '--rate', '1000', '--workspace', dir.path, '--json']);
    await vi.waitFor(() => expect(run.stderr()).toMatch(/[1-9][\d,]* events in Kafka/), {
      timeout: 90_000,
      interval: 100,
    });
    const victims = ['pipeline', 'ingest', 'simulator', 'broker', 'query'];
    for (const name of victims) {
      process.kill(pidOf(dir.path, name)!, 'SIGKILL');
      await sleep(1_500);
    }
    const ended = await run.ended;
    const report = reportOf(ended);
    expect(report.audit.lines.filter(({ ok }) => !ok)).toEqual([]);
    expect(report).toMatchObject({ ok: true, produced: events, bronze: events, lost: 0 });
    expect(report.silver + report.quarantined + report.duplicates).toBe(events);
    for (const name of victims) expect(report.restarts[name]).toBeGreaterThanOrEqual(1);
    expect(ended.code).toBe(0);
  },
);

test(
  'kill -9 of the engine itself ends all its processes; the next run takes the workspace over and every count is exact',
  { timeout: 240_000 },
  async () => {
    const run = start(['run', '--events', '100000', '--rate', '1000', '--workspace', dir.path]);
    await vi.waitFor(() => expect(run.stderr()).toMatch(/[1-9][\d,]* events in Kafka/), {
      timeout: 90_000,
      interval: 100,
    });
    const pids = ['pipeline', 'ingest', 'simulator', 'broker', 'query'].map((name) => pidOf(dir.path, name)!);
    run.process.kill('SIGKILL');
    await run.ended;
    await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 20_000 });
    const report = reportOf(await tiffin('run', '--events', '500', '--rate', 'max', '--workspace', dir.path, '--json'));
    expect(report.audit.lines.filter(({ ok }) => !ok)).toEqual([]);
    expect(report).toMatchObject({ ok: true, lost: 0 });
  },
);

test.skipIf(process.platform === 'win32')(
  'a shutdown, which sends SIGTERM to all processes at once, stops them in order: none is reported as dead',
  { timeout: 120_000 },
  async () => {
    const up = start(['up', '--workspace', dir.path, '--no-open'], {}, true);
    await vi.waitFor(() => expect(pidOf(dir.path, 'query')).toBeGreaterThan(0), { timeout: 60_000 });
    await vi.waitFor(() => expect(up.stderr()).toContain('gateway'), { timeout: 60_000 });
    const pids = ['pipeline', 'ingest', 'broker', 'query'].map((name) => pidOf(dir.path, name)!);
    process.kill(-up.process.pid!, 'SIGTERM');
    expect(await up.ended).toMatchObject({ code: 0, stderr: expect.not.stringContaining('started again') });
    expect(pids.filter(isAlive)).toEqual([]);
  },
);

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
};
