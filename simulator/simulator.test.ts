import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventTypes } from '../schemas/index.ts';
import { readLedger, SimulatorError, startSimulator } from './index.ts';
import type { Simulator, SimulatorConfig } from './index.ts';
import { openShop } from './shop/shop.ts';
import { EventStream } from './stream.ts';
import { startTestGateway } from './testing/gateway.ts';
import type { Fault, TestGateway } from './testing/gateway.ts';
import { tempDir } from './testing/tempdir.ts';
import { createWorld } from './world.ts';

const seed = 21;
const riders = 300;

async function gatewayFor(faultOf?: (post: number) => Fault): Promise<TestGateway> {
  const gateway = await startTestGateway(faultOf);
  onTestFinished(() => gateway.close());
  return gateway;
}

function configFor(dir: string, gatewayUrl: string, more: Partial<SimulatorConfig> = {}): SimulatorConfig {
  return {
    seed,
    riders,
    ratePerSecond: null,
    gatewayUrl,
    oltpPath: join(dir, 'oltp', 'shop.db'),
    ledgerPath: join(dir, 'ledger.db'),
    source: 'city',
    log: () => undefined,
    now: () => performance.timeOrigin + performance.now(),
    ...more,
  };
}

async function start(config: SimulatorConfig): Promise<Simulator> {
  const simulator = await startSimulator(config);
  onTestFinished(() => simulator.stop());
  return simulator;
}

/** The first lines of the world, and the counts by topic, computed without any of the machinery. */
function expected(count: number): {
  lines: string[];
  counts: Record<string, { generated: number; acknowledged: number }>;
} {
  const { body, counts } = new EventStream(createWorld({ seed, riders })).take(count);
  const named = eventTypes.map((type, index) => [type, { generated: counts[index], acknowledged: counts[index] }]);
  return { lines: body.toString().split('\n').slice(0, -1), counts: Object.fromEntries(named) };
}

/** The tables of the shop of an undisturbed run. */
function expectedOrders(count: number): unknown[] {
  const path = join(tempDir(), 'shop.db');
  const world = createWorld({ seed, riders });
  const shop = openShop({ path, world, source: 'reference', now: () => 0 });
  shop.apply(new EventStream(world).take(count).operations, count, 1000);
  shop.close();
  return ordersOf(path);
}

function ordersOf(path: string): unknown[] {
  const db = new Database(path, { readonly: true });
  const rows = db.prepare('SELECT * FROM orders ORDER BY order_id').all();
  db.close();
  return rows;
}

describe('a run', () => {
  test('posts exactly its events, writes exactly its orders, and the ledger says so', async () => {
    const [dir, gateway] = [tempDir(), await gatewayFor()];
    const config = configFor(dir, gateway.url, { maxEvents: 12_345 });
    const city = await start(config);
    expect(await city.done).toBe('finished');
    const { lines, counts } = expected(12_345);
    expect(gateway.lines('city')).toEqual(lines);
    expect(gateway.paths('city')).toEqual(new Set(['/v1/events']));
    expect(ordersOf(config.oltpPath)).toEqual(expectedOrders(12_345));
    expect(readLedger(config.ledgerPath)).toMatchObject({
      topics: counts,
      sources: [{ source: 'city', kind: 'simulator', detail: 'seed 21', generated: 12_345, acknowledged: 12_345 }],
    });
    expect(city.state()).toMatchObject({ phase: 'finished', generated: 12_345, acknowledged: 12_345 });
  });

  test('survives a gateway that is busy, and connections that break before and after the lines were stored', async () => {
    const faults: Fault[] = ['busy', 'none', 'cut after', 'cut before', 'none', 'cut after', 'busy'];
    const gateway = await gatewayFor((post) => faults[post] ?? 'none');
    const city = await start(configFor(tempDir(), gateway.url, { maxEvents: 20_000 }));
    expect(await city.done).toBe('finished');
    expect(gateway.lines('city')).toEqual(expected(20_000).lines);
    expect(gateway.duplicates()).toBe(10_000);
    expect(city.metrics().retries).toBe(5);
  });

  test('waits for a gateway that is not there yet, says so, and can be stopped meanwhile', async () => {
    const gone = await startTestGateway();
    await gone.close();
    const waiting = Promise.withResolvers<void>();
    const log: SimulatorConfig['log'] = (level) => void (level === 'warn' && waiting.resolve());
    const city = await start(configFor(tempDir(), gone.url, { log }));
    await waiting.promise;
    expect(city.state()).toMatchObject({ phase: 'running', generated: 0 });
    expect(city.state().waitingForGateway).toMatch(/ECONNREFUSED/);
    await city.stop();
    expect(await city.done).toBe('stopped');
  });

  test('stops with everything that was posted booked, and goes on from there under the same name', async () => {
    const [dir, gateway] = [tempDir(), await gatewayFor()];
    const config = configFor(dir, gateway.url, { maxEvents: 40_000 });
    const first = await start(config);
    gateway.onPost(() => void (gateway.posts() === 2 && void first.stop()));
    expect(await first.done).toBe('stopped');
    const { acknowledged } = readLedger(config.ledgerPath).sources[0]!;
    expect(acknowledged).toBe(gateway.lines('city').length);
    expect(acknowledged).toBeLessThan(40_000);
    const second = await start(config);
    expect(await second.done).toBe('finished');
    expect(gateway.lines('city')).toEqual(expected(40_000).lines);
    expect(gateway.duplicates()).toBe(0);
    expect(readLedger(config.ledgerPath).topics).toEqual(expected(40_000).counts);
  });

  test('can be paused, resumed, and told another rate', async () => {
    const gateway = await gatewayFor();
    const city = await start(configFor(tempDir(), gateway.url, { maxEvents: 30_000, ratePerSecond: 50 }));
    city.pause();
    expect(city.state().phase).toBe('paused');
    city.setRate(null);
    expect(city.state()).toMatchObject({ phase: 'paused', ratePerSecond: null, generated: 0 });
    city.resume();
    expect(await city.done).toBe('finished');
    expect(gateway.lines('city').length).toBe(30_000);
  });

  test('asked again for what it has already done, it is done at once', async () => {
    const [dir, gateway] = [tempDir(), await gatewayFor()];
    const config = configFor(dir, gateway.url, { maxEvents: 3000 });
    await (
      await start(config)
    ).done;
    const posts = gateway.posts();
    expect(await (await start(config)).done).toBe('finished');
    expect(gateway.posts()).toBe(posts);
  });
});

describe('what cannot go on', () => {
  test('a refused event ends the run with the gateway’s sentence', async () => {
    const gateway = await gatewayFor();
    gateway.refuse('rating must be at most 5');
    const city = await start(configFor(tempDir(), gateway.url));
    await expect(city.done).rejects.toMatchObject({
      code: 'EVENT_INVALID',
      message: expect.stringContaining('line 1 of the request): rating must be at most 5'),
      hint: 'Mend the event.',
    });
    expect(city.state()).toMatchObject({ phase: 'failed', problem: { code: 'EVENT_INVALID' }, acknowledged: 0 });
    expect(gateway.posts()).toBe(1);
  });

  test('a source name that ran with another seed is refused', async () => {
    const [dir, gateway] = [tempDir(), await gatewayFor()];
    await (
      await start(configFor(dir, gateway.url, { maxEvents: 100 }))
    ).done;
    await expect(startSimulator(configFor(dir, gateway.url, { seed: 22 }))).rejects.toMatchObject({
      code: 'SOURCE_CHANGED',
    });
  });

  test('a ledger of an unknown version, and a file that is no database, are refused and left as they are', async () => {
    const [dir, gateway] = [tempDir(), await gatewayFor()];
    const config = configFor(dir, gateway.url);
    const db = new Database(config.ledgerPath);
    db.pragma('user_version = 99');
    db.close();
    await expect(startSimulator(config)).rejects.toMatchObject({ code: 'DATABASE_VERSION_UNKNOWN' });
    expect(() => readLedger(config.ledgerPath)).toThrow(/version 99/);
    rmSync(config.ledgerPath);
    writeFileSync(config.ledgerPath, 'not a database, but long enough to be looked at '.repeat(50));
    await expect(startSimulator(config)).rejects.toBeInstanceOf(SimulatorError);
  });

  test('a ledger that is not there is empty', () => {
    expect(readLedger(join(tempDir(), 'none.db'))).toEqual({ sources: [], topics: {} });
  });
});

describe('after a crash', () => {
  test('Kafka ahead, the shop ahead, or either one lost: both end complete and single', async () => {
    const reference = expected(25_000);
    for (const lost of ['nothing', 'shop', 'ledger', 'gateway'] as const) {
      const [dir, gateway] = [tempDir(), await gatewayFor()];
      const config = configFor(dir, gateway.url, { maxEvents: 15_000 });
      await (
        await start(config)
      ).done;
      const next = lost === 'gateway' ? await gatewayFor() : gateway;
      if (lost === 'shop') rmSync(join(dir, 'oltp'), { recursive: true });
      if (lost === 'ledger') rmSync(config.ledgerPath);
      const city = await start({ ...config, gatewayUrl: next.url, maxEvents: 25_000 });
      expect(await city.done).toBe('finished');
      expect(next.lines('city')).toEqual(reference.lines);
      expect(ordersOf(config.oltpPath)).toEqual(expectedOrders(25_000));
      expect(readLedger(config.ledgerPath).topics).toEqual(reference.counts);
    }
  });

  test('when Kafka has lost what it had, in the middle of a run, it is sent again', async () => {
    const [dir, gateway] = [tempDir(), await gatewayFor()];
    const config = configFor(dir, gateway.url, { maxEvents: 40_000 });
    gateway.onPost(() => void (gateway.posts() === 4 && gateway.lose('city', 1234)));
    expect(await (await start(config)).done).toBe('finished');
    expect(gateway.lines('city')).toEqual(expected(40_000).lines);
    expect(ordersOf(config.oltpPath)).toEqual(expectedOrders(40_000));
    expect(readLedger(config.ledgerPath).topics).toEqual(expected(40_000).counts);
  });

  test('killed again and again with SIGKILL, it ends as if nothing had happened', async () => {
    const [dir, gateway] = [tempDir(), await gatewayFor((post) => (post % 5 === 3 ? 'cut after' : 'none'))];
    const { now: _now, log: _log, ...settings } = configFor(dir, gateway.url, { maxEvents: 60_000 });
    const program = join(import.meta.dirname, 'testing', 'city.ts');
    let kills = 0;
    for (let output = ''; output === '';) {
      const child = spawn(process.execPath, [program, JSON.stringify(settings)], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const killAt = gateway.posts() + 2;
      gateway.onPost(() => void (kills < 4 && gateway.posts() === killAt && child.kill('SIGKILL') && kills++));
      output = (await child.stdout.toArray()).join('');
    }
    expect(kills).toBe(4);
    const reference = expected(60_000);
    expect(gateway.lines('city')).toEqual(reference.lines);
    expect(ordersOf(settings.oltpPath)).toEqual(expectedOrders(60_000));
    expect(readLedger(settings.ledgerPath).topics).toEqual(reference.counts);
  });
});
