/** Whatever is wrong, the command says it in one sentence, with what to do, and the right exit code. */
import { createServer } from 'node:net';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Ended, start, temporaryDir, tiffin } from './run-harness.ts';

let dir: ReturnType<typeof temporaryDir>;
beforeEach(() => {
  dir = temporaryDir();
});
afterEach(() => dir.remove());

const isSentence = ({ stderr }: Ended, pattern: RegExp): void => {
  expect(stderr).toMatch(pattern);
  expect(stderr).not.toMatch(/^\s+at .*\(|node:internal/m);
};

describe('a file that cannot be replayed', { timeout: 120_000 }, () => {
  test.each([
    ['empty', '', /empty/i],
    ['without header', '1,2,3\n4,5,6\n', /header/i],
    ['with ragged rows', 'a,b,c\n1,2,3\n4,5\n', /line 3|row 2/i],
  ])('%s is refused before anything is fed', async (_what, text, pattern) => {
    const file = join(dir.path, 'file.csv');
    writeFileSync(file, text);
    const ended = await tiffin('run', '--replay', file, '--json', '--workspace', join(dir.path, 'ws'));
    isSentence(ended, pattern);
    expect(ended.code).not.toBe(0);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      error: { code: expect.any(String) as string, hint: expect.any(String) as string },
    });
  });

  test('that is not there is wrong use', async () => {
    const ended = await tiffin('run', '--replay', join(dir.path, 'none.csv'), '--workspace', join(dir.path, 'ws'));
    isSentence(ended, /There is no file .*none\.csv/);
    expect(ended.code).toBe(2);
    expect(existsSync(join(dir.path, 'ws'))).toBe(false);
  });
});

describe('wrong use', () => {
  test.each([
    [['run', '--events', 'many'], /whole number/],
    [['run', '--rate', '0'], /whole number/],
    [['run', '--seconds', '3', '--rate', 'max'], /--seconds needs a rate/],
    [['nonsense'], /unknown command/],
    [['sql'], /missing required argument/],
    [['bench', 'nonsense'], /There is no benchmark 'nonsense'/],
    [['sql', 'SELECT 1'], /There is no workspace/],
    [['audit'], /There is no workspace/],
  ])('tiffin %s exits with 2', async (args, pattern) => {
    const ended = await start(args, { TIFFIN_WORKSPACE: join(dir.path, 'none') }).ended;
    isSentence(ended, pattern);
    expect(ended.code).toBe(2);
  });

  test('help is no failure', async () => {
    const ended = await tiffin('--help');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    for (const command of ['up', 'run', 'sql', 'pipeline', 'audit', 'broker', 'bench'])
      expect(ended.stdout).toContain(`  ${command}`);
  });
});

describe('a workspace', { timeout: 120_000 }, () => {
  test('of an unknown version is refused and left as it is', async () => {
    writeFileSync(join(dir.path, 'tiffin.json'), '{"format":2}');
    const ended = await tiffin('run', '--events', '10', '--workspace', dir.path);
    isSentence(ended, /has format 2; this Tiffin knows format 1/);
    expect(ended.code).toBe(2);
    expect(readFileSync(join(dir.path, 'tiffin.json'), 'utf8')).toBe('{"format":2}');
  });

  test('that runs is not opened a second time: the address of the running one is told, and SQL and audit still work', async () => {
    const up = start(['up', '--headless', '--port', '0', '--json', '--workspace', dir.path]);
    try {
      await vi.waitFor(() => expect(up.stdout()).toContain('"ready":true'), { timeout: 60_000 });
      const { url } = JSON.parse(up.stdout().split('\n')[0]!) as { url: string };
      const second = await tiffin('run', '--events', '10', '--workspace', dir.path);
      isSentence(second, /Another Tiffin already runs/);
      expect(second.stderr).toContain(url);
      expect(second.code).toBe(2);
      expect(await tiffin('sql', 'SELECT 1 AS one', '--json', '--workspace', dir.path)).toMatchObject({
        code: 0,
        stdout: '[{"one":1}]\n',
      });
      const audit = await tiffin('audit', '--json', '--workspace', dir.path);
      expect(JSON.parse(audit.stdout)).toMatchObject({ ok: true, lost: 0 });
      expect(audit.code).toBe(0);
    } finally {
      up.process.kill('SIGTERM');
    }
    expect((await up.ended).code).toBe(0);
    expect(existsSync(join(dir.path, 'engine.lock'))).toBe(false);
  });

  test('with an SQL file that is wrong: the run is refused with file, line and column; nothing stored is lost', async () => {
    await tiffin('run', '--events', '500', '--rate', 'max', '--workspace', dir.path);
    const file = join(dir.path, 'pipelines', 'broken.sql');
    mkdirSync(join(dir.path, 'pipelines'), { recursive: true });
    writeFileSync(file, 'CREATE OR REFRESH MATERIALIZED VIEW gold.broken AS\nSELECT nothing FROM silver.orders;\n');
    const dryRun = await tiffin('pipeline', 'dry-run', '--workspace', dir.path);
    expect(dryRun.stdout).toMatch(/pipelines\/broken\.sql:2:8: /);
    expect(dryRun.code).toBe(1);
    const run = await tiffin('run', '--events', '500', '--rate', 'max', '--workspace', dir.path);
    isSentence(run, /pipelines\/broken\.sql:2:8: /);
    expect(run.code).toBe(1);
    const count = await tiffin('sql', 'SELECT count(*) AS n FROM bronze.orders', '--json', '--workspace', dir.path);
    expect((JSON.parse(count.stdout) as [{ n: number }])[0].n).toBeGreaterThan(0);
  });
});

test('a port in use is told, with what to do', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const ended = await tiffin('up', '--headless', '--port', String(port), '--json', '--workspace', dir.path);
  server.close();
  isSentence(ended, new RegExp(`Port ${port} is already in use`));
  expect(ended.code).toBe(2);
  expect(JSON.parse(ended.stdout)).toMatchObject({ error: { code: 'PORT_IN_USE' } });
});

describe('a query from the command line', { timeout: 60_000 }, () => {
  beforeEach(() =>
    writeFileSync(join(dir.path, 'tiffin.json'), '{"format":1,"seed":1,"createdAt":"2026-01-05T06:00:00Z"}'),
  );

  test('that is wrong is told with its place, and exits with 1', async () => {
    const ended = await tiffin('sql', 'SELECT 1,\n nothing', '--workspace', dir.path);
    isSentence(ended, /^Line 2, column 2: /);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
  });

  test('may not write', async () => {
    const out = join(dir.path, 'lake', 'out.csv');
    const ended = await tiffin('sql', `COPY (SELECT 1) TO '${out}'`, '--workspace', dir.path);
    isSentence(ended, /A query reads/);
    expect(ended.code).toBe(1);
    expect(existsSync(out)).toBe(false);
  });

  test('that never ends stops with Ctrl-C', { skip: process.platform === 'win32' }, async () => {
    const query = start([
      'sql',
      'SELECT count(*) FROM range(1000000000000) a, range(1000000) b',
      '--workspace',
      dir.path,
    ]);
    // Interrupted again and again, since it says nothing by which one could know that it has begun.
    const interrupting = setInterval(() => query.process.kill('SIGINT'), 3_000);
    const ended = await query.ended;
    clearInterval(interrupting);
    expect(ended.stderr).toContain('cancelled');
    expect(ended.code).toBe(1);
  });
});

test(
  'Ctrl-C in the middle of a run stops cleanly, and the next run goes on',
  { timeout: 180_000, skip: process.platform === 'win32' },
  async () => {
    const run = start(['run', '--events', '100000', '--rate', '500', '--workspace', dir.path]);
    await vi.waitFor(() => expect(run.stderr()).toMatch(/[1-9][\d,]* events in Kafka/), { timeout: 60_000 });
    run.process.kill('SIGINT');
    const ended = await run.ended;
    isSentence(ended, /The run was stopped before its end/);
    expect(ended.code).toBe(1);
    appendFileSync(join(dir.path, 'engine.lock'), '');
    const next = await tiffin('run', '--events', '100', '--rate', 'max', '--json', '--workspace', dir.path);
    expect(JSON.parse(next.stdout)).toMatchObject({ ok: true, produced: 100, lost: 0 });
  },
);
