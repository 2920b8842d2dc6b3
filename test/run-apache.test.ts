/** `kafka.mode: apache`: a real Apache Kafka in the embedded one's place, from jars that are there already; and `tiffin kafka apache`. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ApacheMissing, findApache } from '../engine/index.ts';
import { pidOf, reportOf, start, temporaryDir, tiffin } from './run-harness.ts';

let dir: ReturnType<typeof temporaryDir>;
beforeEach(() => {
  dir = temporaryDir();
});
afterEach(() => dir.remove());

/** Where the client suites keep theirs. */
const cachedJars = (): string => {
  const base = process.env['XDG_CACHE_HOME'] ?? process.env['LOCALAPPDATA'] ?? join(homedir(), '.cache');
  return join(process.env['TIFFIN_TEST_CACHE'] ?? join(base, 'tiffin-test-clients'), 'kafka-jars');
};

const jars = process.env['TIFFIN_KAFKA_JARS'] ?? cachedJars();
const found = await findApache(jars);
const missing = found instanceof ApacheMissing ? found.message : undefined;
if (missing !== undefined) console.warn(`A run over Apache Kafka is not tested: ${missing}`);

const starter = join(import.meta.dirname, '..', 'starter');
const workspaceWith = (kafka: object): string => {
  const workspace = join(dir.path, 'workspace');
  mkdirSync(workspace);
  cpSync(starter, workspace, { recursive: true });
  const settings = { format: 1, seed: 7, createdAt: '2026-01-05T06:00:00Z', kafka };
  writeFileSync(join(workspace, 'tiffin.json'), JSON.stringify(settings));
  return workspace;
};

describe.skipIf(missing !== undefined)('with Apache Kafka', () => {
  test('a run is exact', { timeout: 240_000 }, async () => {
    const workspace = workspaceWith({ mode: 'apache', jars });
    const report = reportOf(
      await tiffin('run', '--events', '2000', '--rate', 'max', '--workspace', workspace, '--json'),
    );
    expect(report.audit.lines.filter(({ ok }) => !ok)).toEqual([]);
    expect(report).toMatchObject({ ok: true, produced: 2_000, bronze: 2_000, lost: 0 });
  });

  test('a run is exact although its broker is killed', { timeout: 240_000 }, async () => {
    const workspace = workspaceWith({ mode: 'apache', jars });
    const running = start(['run', '--events', '6000', '--rate', '1000', '--workspace', workspace, '--json']);
    await vi.waitFor(() => expect(running.stderr()).toMatch(/[1-9][\d,]* events in Kafka/), { timeout: 120_000 });
    process.kill(pidOf(workspace, 'broker')!, 'SIGKILL');
    const report = reportOf(await running.ended);
    expect(report.audit.lines.filter(({ ok }) => !ok)).toEqual([]);
    expect(report).toMatchObject({ ok: true, produced: 6_000, bronze: 6_000, lost: 0, restarts: { broker: 1 } });
  });

  test('tiffin kafka apache tells its address, and stops when asked', { timeout: 120_000 }, async () => {
    const data = join(dir.path, 'data');
    const kafka = start(['kafka', 'apache', '--port', '0', '--data', data, '--jars', jars, '--json']);
    await vi.waitFor(() => expect(kafka.stdout()).toContain('\n'), { timeout: 60_000 });
    expect(JSON.parse(kafka.stdout())).toEqual({
      ready: true,
      address: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
      version: (found as { version: string }).version,
    });
    kafka.process.kill('SIGINT');
    expect((await kafka.ended).code).toBe(0);
  });
});

describe('without the jars', () => {
  test('tiffin kafka apache says what to put where, and exits with 1', async () => {
    const ended = await start(['kafka', 'apache', '--json'], { TIFFIN_WORKSPACE: dir.path }).ended;
    expect(ended.stderr).toContain(`There is no Apache Kafka in ${join(dir.path, 'apache-kafka')}.`);
    expect(ended.stderr).toMatch(/Put the jars of Apache Kafka 4 there/);
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({ error: { code: 'APACHE_KAFKA_MISSING' } });
  });

  test('a run in this mode ends with the same sentence', { timeout: 60_000 }, async () => {
    const workspace = workspaceWith({ mode: 'apache' });
    const ended = await tiffin('run', '--events', '10', '--workspace', workspace);
    expect(ended.stderr).toContain(`There is no Apache Kafka in ${join(workspace, 'apache-kafka')}.`);
    expect(ended.code).toBe(1);
  });
});
