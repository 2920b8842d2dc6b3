import { join } from 'node:path';
import { Ajv } from 'ajv';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { tableContracts } from '../../schemas/index.ts';
import type { CityEvent, TableName } from '../../schemas/index.ts';
import { EventStream } from '../stream.ts';
import { tempDir } from '../testing/tempdir.ts';
import { createWorld } from '../world.ts';
import { openShop } from './shop.ts';

const world = createWorld({ seed: 8, riders: 120 });
const total = 12_000;

type Row = Record<string, unknown>;
interface Change {
  position: number;
  xid: number;
  table_name: TableName;
  type: string;
  key: string;
  data: string;
  old: string | null;
  ts_ms: number;
}

/** Applies the first events to a new shop; returns the open database. */
function runShop(perTransaction = 1, upTo = total): { db: Database.Database; path: string; lines: CityEvent[] } {
  const path = join(tempDir(), 'shop.db');
  const shop = openShop({ path, world, source: 'city', now: () => 1234.5 });
  const stream = new EventStream(world);
  const lines: CityEvent[] = [];
  while (stream.sequence < upTo) {
    const { body, operations } = stream.take(500);
    shop.apply(operations, stream.sequence, perTransaction);
    for (const line of body.toString().split('\n').slice(0, -1)) lines.push(JSON.parse(line) as CityEvent);
  }
  shop.close();
  return { db: new Database(path), path, lines };
}

function tablesOf(db: Database.Database): Record<string, Row[]> {
  return Object.fromEntries(
    [...tableContracts.values()].map(({ table, keyField }) => [
      table,
      db.prepare<[], Row>(`SELECT * FROM ${table} ORDER BY ${keyField}`).all(),
    ]),
  );
}

const changesOf = (db: Database.Database): Change[] =>
  db.prepare<[], Change>('SELECT * FROM _changes ORDER BY position').all();

const transactionsOf = (db: Database.Database): number => new Set(changesOf(db).map(({ xid }) => xid)).size;
const contentOf = (db: Database.Database): Change[] => changesOf(db).map((change) => ({ ...change, xid: 0 }));

/** The orders as they follow from the events alone. */
function foldOrders(events: CityEvent[]): Row[] {
  const orders = new Map<string, Row>();
  for (const event of events) {
    const order = orders.get(event.order_id);
    const at = event.event_time;
    if (event.type === 'order.placed') {
      const { order_id, customer_id, restaurant_id, city, payment, total_paise } = event;
      const nothing = {
        rider_id: null,
        accepted_at: null,
        prepared_at: null,
        picked_up_at: null,
        delivered_at: null,
        cancelled_at: null,
      };
      orders.set(order_id, {
        order_id,
        customer_id,
        restaurant_id,
        city,
        payment,
        total_paise,
        ...nothing,
        status: 'placed',
        placed_at: at,
        updated_at: at,
      });
    } else if (event.type === 'delivery.assigned') Object.assign(order!, { rider_id: event.rider_id, updated_at: at });
    else if (event.type.startsWith('order.')) {
      const status = event.type.slice('order.'.length);
      Object.assign(order!, { status, [`${status}_at`]: at, updated_at: at });
    }
  }
  return [...orders.values()].toSorted((a, b) => (String(a.order_id) < String(b.order_id) ? -1 : 1));
}

describe('the shop', () => {
  test('its orders and items are what follows from the events', () => {
    const { db, lines } = runShop();
    const { orders, order_items: items } = tablesOf(db);
    expect(orders).toEqual(foldOrders(lines));
    const ordered = lines.flatMap((event) => (event.type === 'order.placed' ? event.items : []));
    expect(items!.length).toBe(ordered.length);
    expect(new Set(orders!.map(({ status }) => status)).size).toBeGreaterThan(3);
    db.close();
  });

  test('every row keeps its contract', () => {
    const { db } = runShop();
    for (const [table, rows] of Object.entries(tablesOf(db))) {
      const { schema } = tableContracts.get(table as TableName)!;
      const validate = new Ajv().compile({ ...schema, additionalProperties: false });
      for (const row of rows) expect(validate(row) ? [] : [row, validate.errors]).toEqual([]);
      expect(rows.length).toBeGreaterThan(50);
    }
    db.close();
  });

  test('every order refers to a customer and a restaurant that are there', () => {
    const { db } = runShop();
    for (const table of ['customer', 'restaurant']) {
      const orphans = db.prepare(
        `SELECT order_id FROM orders WHERE ${table}_id NOT IN (SELECT ${table}_id FROM ${table}s)`,
      );
      expect(orphans.all()).toEqual([]);
    }
    db.close();
  });

  test('each step is a transaction of its own at a rate, and many share one at full speed, with the same tables', () => {
    const single = runShop(1);
    const grouped = runShop(100);
    expect(tablesOf(grouped.db)).toEqual(tablesOf(single.db));
    expect(transactionsOf(single.db)).toBeGreaterThan(20 * transactionsOf(grouped.db));
    single.db.close();
    grouped.db.close();
  });

  test('stopping and opening again at any place neither loses nor repeats a change', () => {
    const reference = runShop(7);
    const path = join(tempDir(), 'shop.db');
    for (const until of [1, 900, 901, 5000, total]) {
      const shop = openShop({ path, world, source: 'city', now: () => 1234.5 });
      const stream = new EventStream(world);
      stream.skipTo(Math.max(0, shop.position() - 400)); // Kafka was behind: some events come again
      while (stream.sequence < until) {
        const { operations } = stream.take(Math.min(300, until - stream.sequence));
        shop.apply(operations, stream.sequence, 7);
      }
      shop.close();
    }
    const db = new Database(path);
    expect(tablesOf(db)).toEqual(tablesOf(reference.db));
    expect(contentOf(db)).toEqual(contentOf(reference.db));
    db.close();
    reference.db.close();
  });

  test('another world under the same source name is refused, a new source in the same shop is not', () => {
    const { db, path } = runShop(1, 500);
    db.close();
    const other = createWorld({ seed: 9, riders: 120 });
    expect(() => openShop({ path, world: other, source: 'city', now: () => 0 })).toThrow(/another seed/);
    const shop = openShop({ path, world: other, source: 'second city', now: () => 0 });
    expect(shop.position()).toBe(0);
    shop.close();
  });
});

describe('the change log', () => {
  test('replayed from nothing, it gives the tables', () => {
    const { db } = runShop();
    const replayed = new Map([...tableContracts.keys()].map((table) => [table, new Map<string, Row>()]));
    for (const { table_name, type, key, data, old } of changesOf(db)) {
      const table = replayed.get(table_name)!;
      const row = JSON.parse(data) as Row;
      expect(table.has(key)).toBe(type !== 'insert');
      if (type === 'update') expect({ ...row, ...(JSON.parse(old!) as Row) }).toEqual(table.get(key));
      else expect(old).toBeNull();
      table.set(key, row);
    }
    for (const [table, rows] of Object.entries(tablesOf(db)))
      expect(rows).toEqual(
        [...replayed.get(table as TableName)!].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row),
      );
    db.close();
  });

  test('an update tells the former values of the changed columns only, null among them', () => {
    const { db } = runShop();
    const accepted = changesOf(db).find(({ data }) => data.includes('"status":"accepted"'))!;
    const { placed_at } = JSON.parse(accepted.data) as Row;
    expect(JSON.parse(accepted.old!)).toEqual({ status: 'placed', accepted_at: null, updated_at: placed_at });
    expect(accepted.ts_ms).toBe(1234);
    db.close();
  });

  test('people sign up and move: inserts and updates of customers long after the load', () => {
    const { db } = runShop();
    const changes = changesOf(db).filter(({ table_name, xid }) => table_name === 'customers' && xid > 1);
    expect(new Set(changes.map(({ type }) => type))).toEqual(new Set(['insert', 'update']));
    db.close();
  });

  test('an order and its lines are one transaction, numbered without gaps', () => {
    const { db } = runShop();
    const byXid = Map.groupBy(changesOf(db), ({ xid }) => xid);
    expect([...byXid.keys()]).toEqual(Array.from({ length: byXid.size }, (_, index) => index + 1));
    for (const [xid, changes] of byXid) {
      if (xid === 1) continue;
      const items = changes.filter(({ table_name }) => table_name === 'order_items').length;
      expect(items > 0).toBe(changes[0]!.table_name === 'orders' && changes[0]!.type === 'insert');
    }
    db.close();
  });

  test('changes made by hand are logged too, deletes with the row that was; an update that changes nothing is none', () => {
    const { db } = runShop(1, 500);
    const before = changesOf(db).length;
    db.exec("UPDATE restaurants SET name = 'Tiffin & \"Co\"' WHERE restaurant_id = 'BANG-R001'");
    db.exec("UPDATE restaurants SET name = name WHERE restaurant_id = 'BANG-R001'");
    db.exec("DELETE FROM restaurants WHERE restaurant_id = 'BANG-R001'");
    const [renamed, deleted, ...more] = changesOf(db).slice(before);
    expect(more).toEqual([]);
    expect(JSON.parse(renamed!.data)).toMatchObject({ name: 'Tiffin & "Co"' });
    expect(Object.keys(JSON.parse(renamed!.old!) as Row)).toEqual(['name']);
    expect(deleted).toMatchObject({ type: 'delete', key: 'BANG-R001', data: renamed!.data, old: null });
    db.close();
  });
});
