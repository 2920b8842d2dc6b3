import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openLogs } from '../logs.ts';
import { openWorkspace } from '../workspace/index.ts';
import { type ChildName, Platform } from './index.ts';

let dir: string;
let platform: Platform;
let release: () => Promise<void>;

const sound = `CREATE OR REFRESH STREAMING TABLE bronze.orders AS SELECT * FROM STREAM read_kafka(topics => 'order.*');`;
const startPlatform = async (only: ChildName[], pipeline = sound): Promise<void> => {
  const { lock, ...workspace } = await openWorkspace({ dir, starterDir: join(dir, 'none') });
  release = () => lock.release();
  writeFileSync(join(dir, 'pipelines', 'a.sql'), pipeline);
  platform = new Platform({ version: '1', workspace, logs: openLogs(), wellKnownPorts: false, only });
};
const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 40_000, interval: 50 });
const phaseOf = (name: ChildName): string => platform.processes[name].state.phase;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tiffin-platform-'));
});
afterEach(async () => {
  await platform.stop();
  await release();
  rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
});

test('a restarted process keeps its port, and those that use it go on', async () => {
  await startPlatform(['broker', 'ingest', 'simulator', 'query', 'pipeline']);
  await platform.ready;
  const { brokers, gatewayUrl } = platform;
  const world = { seed: 1, riders: 100 };
  await platform.begin({ kind: 'world', source: 'city', world, ratePerSecond: 200, untilEvents: null });
  await until(() => expect(platform.state().world!.acknowledged).toBeGreaterThan(0));
  for (const name of ['broker', 'ingest'] as const) {
    platform.kill(name);
    await until(() => expect(platform.processes[name].state).toMatchObject({ phase: 'running', restarts: 1 }));
  }
  expect(platform.brokers).toEqual(brokers);
  expect(platform.gatewayUrl).toBe(gatewayUrl);
  const { acknowledged } = platform.state().world!;
  await until(() => expect(platform.state().world!.acknowledged).toBeGreaterThan(acknowledged + 200));

  expect((await platform.world.pause()).phase).toBe('paused');
  expect((await platform.world.setRate(50)).ratePerSecond).toBe(50);
  expect((await platform.world.start()).phase).toBe('running');
  const report = await platform.audit();
  expect(report.lines.filter(({ ok }) => !ok)).toEqual([]);
  expect(report.pausedMs).toBeGreaterThan(0);
  expect((await platform.world.setRate(60)).phase).toBe('running');

  const state = platform.state();
  const ids = new Set(platform.graph().nodes.map(({ id }) => id));
  expect(Object.keys(state.nodes).filter((id) => !ids.has(id))).toEqual([]);
  expect((await platform.catalog()).find(({ name }) => name === 'bronze.orders')).toMatchObject({
    kind: 'streaming table',
    layer: 'bronze',
  });
});

test('pipelines that are not sound are told with their place, and run as soon as they are mended', async () => {
  await startPlatform(['broker', 'pipeline'], 'CREATE OR REFRESH STREAMING TABLE bronze.orders AS SELEC 1;');
  await expect(platform.ready).rejects.toMatchObject({
    message: expect.stringContaining('pipelines/a.sql:1:') as string,
  });
  await until(() => expect(phaseOf('pipeline')).toBe('failed'));
  expect(platform.state()).toMatchObject({
    phase: 'failed',
    problems: [{ message: expect.stringContaining('pipelines/a.sql:1:') as string }],
  });
  expect(phaseOf('broker')).toBe('running');
  writeFileSync(join(dir, 'pipelines', 'a.sql'), sound);
  await until(() => expect(platform.state()).toMatchObject({ phase: 'running', problems: [] }));
});

test('a broker that cannot open its folder is told; all start once it can', async () => {
  const { lock, ...workspace } = await openWorkspace({ dir, starterDir: join(dir, 'none') });
  release = () => lock.release();
  rmSync(join(dir, 'kafka'), { recursive: true });
  writeFileSync(join(dir, 'kafka'), 'a file in the place of the folder');
  platform = new Platform({
    version: '1',
    workspace,
    logs: openLogs(),
    wellKnownPorts: false,
    only: ['broker', 'ingest'],
  });
  await expect(platform.ready).rejects.toMatchObject({ hint: expect.any(String) as string });
  rmSync(join(dir, 'kafka'));
  await until(() => expect(platform.state().phase).toBe('running'));
  expect(await platform.gatewayReady).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});
