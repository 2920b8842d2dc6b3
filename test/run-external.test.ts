/** `kafka.mode: external`: another Kafka takes the embedded one's place by one setting. Here it is `tiffin broker`, alone. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { reportOf, start, temporaryDir, tiffin } from './run-harness.ts';

let dir: ReturnType<typeof temporaryDir>;
beforeEach(() => {
  dir = temporaryDir();
});
afterEach(() => dir.remove());

const starter = join(import.meta.dirname, '..', 'starter');

test('a run over a Kafka that is not ours is as exact', { timeout: 180_000 }, async () => {
  const broker = start(['broker', '--port', '0', '--data', join(dir.path, 'kafka')]);
  try {
    await vi.waitFor(() => expect(broker.stdout()).toContain('Kafka is at'), { timeout: 30_000 });
    const address = /127\.0\.0\.1:\d+/.exec(broker.stdout())![0];
    const workspace = join(dir.path, 'workspace');
    mkdirSync(workspace);
    cpSync(starter, workspace, { recursive: true });
    const kafka = { mode: 'external', brokers: [address] };
    writeFileSync(
      join(workspace, 'tiffin.json'),
      JSON.stringify({ format: 1, seed: 7, createdAt: '2026-01-05T06:00:00Z', kafka }),
    );
    const report = reportOf(
      await tiffin('run', '--events', '3000', '--rate', 'max', '--workspace', workspace, '--json'),
    );
    expect(report.audit.lines.filter(({ ok }) => !ok)).toEqual([]);
    expect(report).toMatchObject({ ok: true, produced: 3_000, bronze: 3_000, lost: 0 });
    expect(Object.keys(report.rssMb)).not.toContain('broker');
  } finally {
    broker.process.kill('SIGTERM');
  }
  expect((await broker.ended).code).toBe(0);
});
