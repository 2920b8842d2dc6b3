import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Checkpoint, openCheckpoint } from '../publisher/checkpoint.ts';
import { FakeKafka } from '../publisher/fakeKafka.ts';
import { Publisher } from '../publisher/publisher.ts';
import { Cdc } from './cdc.ts';

const schema = `
  PRAGMA journal_mode = WAL;
  CREATE TABLE _changes (position INTEGER PRIMARY KEY AUTOINCREMENT, xid INTEGER, table_name TEXT, type TEXT, key TEXT,
    data TEXT, old TEXT, ts_ms INTEGER);
  CREATE TABLE orders (id TEXT PRIMARY KEY, status TEXT);
  CREATE TABLE customers (id TEXT PRIMARY KEY, status TEXT);`;

/** A shop whose change log is written by hand, in the same transaction as the tables. */
class Shop {
  readonly db: Database.Database;
  #xid = 0;

  constructor(path: string) {
    this.db = new Database(path);
    this.db.exec(schema);
  }

  write(...changes: [table: string, type: 'insert' | 'update' | 'delete', id: string, status?: string][]): void {
    this.#xid++;
    this.db.transaction(() => {
      for (const [table, type, id, status] of changes) this.#one(table, type, id, status ?? null);
    })();
  }

  #one(table: string, type: string, id: string, status: string | null): void {
    const before = this.db.prepare(`SELECT status FROM ${table} WHERE id = ?`).pluck().get(id);
    if (type === 'delete') this.db.prepare(`DELETE FROM ${table} WHERE id = ?`).run(id);
    else this.db.prepare(`INSERT OR REPLACE INTO ${table} VALUES (?, ?)`).run(id, status);
    const data = JSON.stringify({ id, status: type === 'delete' ? before : status });
    const old = type === 'update' ? JSON.stringify({ status: before }) : null;
    const insert = 'INSERT INTO _changes (xid, table_name, type, key, data, old, ts_ms) VALUES (?, ?, ?, ?, ?, ?, ?)';
    this.db.prepare(insert).run(this.#xid, table, type, id, data, old, 1_700_000_000_999);
  }
}

let dir: string;
let path: string;
let kafka: FakeKafka;
let checkpoint: Checkpoint;
let publisher: Publisher;
let cdc: Cdc;
let shop: Shop | undefined;

function start(): void {
  const quiet = { log: () => undefined, now: Date.now };
  checkpoint = openCheckpoint(join(dir, 'ingest.db'));
  publisher = new Publisher({
    port: kafka.port(),
    checkpoint,
    ...quiet,
    partitions: 1,
    patienceMs: 30,
    settleMs: 0,
    retryMs: 1,
  });
  cdc = new Cdc({ path, publisher, checkpoint, ...quiet, pollMs: 1 });
}

async function stop(): Promise<void> {
  await Promise.all([cdc.stop(), publisher.stop()]);
  checkpoint.close();
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tiffin-cdc-'));
  path = join(dir, 'shop.db');
  kafka = new FakeKafka();
  shop = undefined;
});

afterEach(async () => {
  await stop();
  shop?.db.close();
  rmSync(dir, { recursive: true });
});

interface Message {
  type: string;
  position: number;
  xid?: number;
  commit?: boolean;
  data: { id: string; status: string };
}

function messages(table: string): Message[] {
  return kafka.records(`cdc.shop.${table}`, 0).map(({ value }) => JSON.parse(value) as Message);
}

function brief(table: string): string[] {
  return messages(table).map(({ type, data }) => `${type} ${data.id} ${data.status}`);
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(2);
}

async function problem(): Promise<string> {
  await until(() => cdc.metrics().problem !== null);
  return cdc.metrics().problem!.code;
}

describe('change data capture', () => {
  test('publishes what is there as a snapshot, then every change, as Maxwell writes them', async () => {
    shop = new Shop(path);
    shop.write(['orders', 'insert', 'o1', 'placed'], ['customers', 'insert', 'c1', 'new']);
    shop.write(['orders', 'update', 'o1', 'accepted'], ['orders', 'insert', 'o2', 'placed']);
    shop.write(['orders', 'delete', 'o2']);
    start();
    expect(await cdc.drained()).toEqual({ position: 5 });
    shop.write(['orders', 'update', 'o1', 'prepared'], ['orders', 'insert', 'o3', 'placed']);
    shop.write(['orders', 'delete', 'o1']);
    await cdc.drained();
    expect(messages('customers')).toEqual([
      {
        database: 'shop',
        table: 'customers',
        type: 'bootstrap-insert',
        ts: 1_700_000_000,
        position: 5,
        data: { id: 'c1', status: 'new' },
      },
    ]);
    const common = { database: 'shop', table: 'orders', ts: 1_700_000_000 };
    expect(messages('orders')).toEqual([
      { ...common, type: 'bootstrap-insert', position: 5, data: { id: 'o1', status: 'accepted' } },
      {
        ...common,
        type: 'update',
        xid: 4,
        position: 6,
        data: { id: 'o1', status: 'prepared' },
        old: { status: 'accepted' },
      },
      { ...common, type: 'insert', xid: 4, commit: true, position: 7, data: { id: 'o3', status: 'placed' } },
      { ...common, type: 'delete', xid: 5, commit: true, position: 8, data: { id: 'o1', status: 'prepared' } },
    ]);
    expect(cdc.counts()).toEqual({
      position: 8,
      tables: {
        orders: { topic: 'cdc.shop.orders', bootstrap: 1, changes: 3 },
        customers: { topic: 'cdc.shop.customers', bootstrap: 1, changes: 0 },
      },
    });
    expect(cdc.metrics()).toMatchObject({
      state: 'streaming',
      position: 8,
      lastPosition: 8,
      lagChanges: 0,
      snapshotPosition: 5,
      snapshotRows: 2,
      problem: null,
    });
  });

  test('waits for a database that does not exist yet', async () => {
    start();
    expect(await cdc.drained()).toEqual({ position: 0 });
    expect(cdc.metrics()).toMatchObject({ state: 'waiting', problem: null });
    shop = new Shop(path);
    shop.write(['orders', 'insert', 'o1', 'placed']);
    await until(() => messages('orders').length === 1);
  });

  test('goes on exactly where it stopped, in the snapshot and after it', async () => {
    shop = new Shop(path);
    for (let index = 0; index < 5_000; index++) shop.write(['orders', 'insert', `o${index}`, 'placed']);
    kafka.faults.push('none', 'none', 'answer lost', 'arrives late', 'half appended');
    start();
    await until(() => messages('orders').length > 0);
    await stop();
    shop.write(['orders', 'update', 'o1', 'accepted'], ['orders', 'delete', 'o2']);
    start();
    await cdc.drained();
    await stop();
    shop.write(['orders', 'update', 'o1', 'prepared']);
    start();
    await cdc.drained();
    const expected = Array.from({ length: 5_000 }, (_, index) => `bootstrap-insert o${index} placed`);
    expect(brief('orders')).toEqual([...expected, 'update o1 accepted', 'delete o2 placed', 'update o1 prepared']);
  }, 30_000);

  test('sends changes again that Kafka has lost', async () => {
    shop = new Shop(path);
    for (let index = 0; index < 20; index++) shop.write(['orders', 'insert', `o${index}`, 'placed']);
    start();
    await cdc.drained();
    for (let index = 0; index < 20; index++) shop.write(['orders', 'update', `o${index}`, 'accepted']);
    await cdc.drained();
    const before = brief('orders');
    await stop();
    kafka.cut('cdc.shop.orders', 0, 30);
    start();
    await cdc.drained();
    await until(() => messages('orders').length === 40);
    expect(brief('orders')).toEqual(before);
  });

  test('says so when the database is gone, and goes on when it is back', async () => {
    shop = new Shop(path);
    shop.write(['orders', 'insert', 'o1', 'placed']);
    start();
    await cdc.drained();
    await stop();
    renameSync(path, `${path}.away`);
    start();
    expect(await problem()).toBe('CDC_SOURCE_MISSING');
    renameSync(`${path}.away`, path);
    await until(() => cdc.metrics().problem === null);
    shop.write(['orders', 'update', 'o1', 'accepted']);
    await cdc.drained();
    expect(brief('orders')).toEqual(['bootstrap-insert o1 placed', 'update o1 accepted']);
  });

  test('refuses another database in the place of the one that it knows', async () => {
    shop = new Shop(path);
    shop.write(['orders', 'insert', 'o1', 'placed']);
    start();
    await cdc.drained();
    shop.db.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
    shop = new Shop(path);
    shop.write(['orders', 'insert', 'other', 'placed']);
    await until(() => cdc.metrics().problem?.code === 'CDC_SOURCE_REPLACED');
    await expect(cdc.drained()).rejects.toMatchObject({ code: 'CDC_SOURCE_REPLACED' });
    expect(brief('orders')).toEqual(['bootstrap-insert o1 placed']);
  });

  test('refuses a change log that does not account for the rows', async () => {
    shop = new Shop(path);
    shop.db.exec("INSERT INTO orders VALUES ('before the triggers', 'placed')");
    start();
    expect(await problem()).toBe('CDC_LOG_INCOMPLETE');
    expect(cdc.metrics().problem!.message).toContain('orders has 1 rows, but its change log accounts for 0');
  });

  test('refuses to take a second snapshot when its state is gone but Kafka has the first', async () => {
    shop = new Shop(path);
    shop.write(['orders', 'insert', 'o1', 'placed']);
    start();
    await cdc.drained();
    await stop();
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(dir, `ingest.db${suffix}`), { force: true });
    start();
    expect(await problem()).toBe('CDC_STATE_LOST');
  });
});
