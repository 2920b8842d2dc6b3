/**
 * The shop's side of the city: the same events, applied to the operational database in real transactions.
 *
 * How far the sequence has been applied is stored in the same transaction (`_progress`), so that a killed process neither
 * loses nor repeats a change. Every write is an upsert: a world that runs again in the same workspace starts its orders over.
 */
import type { Database, Statement } from 'better-sqlite3';
import { tableContracts } from '../../schemas/index.ts';
import type { TableName } from '../../schemas/index.ts';
import type { CustomerChange } from '../customers.ts';
import { openDatabase } from '../database.ts';
import { stepNumbers } from '../encode.ts';
import { messageOf, SimulatorError } from '../failure.ts';
import type { ShopOperation } from '../stream.ts';
import type { World } from '../world.ts';
import { customerRow, founderRow, itemRows, orderRow, restaurantRow, stepSets } from './rows.ts';
import type { Row } from './rows.ts';
import { shopSchema, shopVersion } from './schema.ts';

export interface Shop {
  /** Events below this sequence have been applied. */
  position(): number;
  /**
   * Applies what has not been applied yet, `perTransaction` operations in one transaction, and remembers that all events
   * below `upTo` are done.
   */
  apply(operations: readonly ShopOperation[], upTo: number, perTransaction: number): void;
  /** Row changes committed by this process. */
  changes(): number;
  close(): void;
}

export interface ShopOptions {
  path: string;
  world: World;
  source: string;
  now: () => number;
}

/** Opens the shop; a source that is new to it first loads all restaurants and founding customers. */
export function openShop(options: ShopOptions): Shop {
  const db = openDatabase(options.path, shopVersion, shopSchema);
  try {
    return shopOf(db, options);
  } catch (error) {
    db.close();
    throw error;
  }
}

function shopOf(db: Database, { path, world, source, now }: ShopOptions): Shop {
  const writer = prepareWriter(db, world);
  const begin = db.prepare('UPDATE _transaction SET xid = xid + 1, ts_ms = ?');
  const remember = db.prepare('UPDATE _progress SET sequence = ?, minute = ? WHERE source = ?');
  const inTransaction = db.transaction((work: () => void) => {
    begin.run(Math.floor(now()));
    work();
  });
  const commit = (work: () => void): void => committing(path, () => inTransaction.immediate(work));
  const progress = loadProgress(db, world, source) ?? load(db, world, source, writer, commit);
  let { sequence, minute } = progress;
  const isDone = (operation: ShopOperation): boolean =>
    operation.kind === 'order' ? operation.sequence < sequence : operation.minute < minute;
  const advance = (operation: ShopOperation): void => {
    if (operation.kind === 'order') sequence = operation.sequence + 1;
    else minute = operation.minute + 1;
  };
  return {
    position: () => sequence,
    changes: () => writer.written(),
    close: () => void db.close(),
    apply(operations, upTo, perTransaction) {
      const todo = operations.filter((operation) => !isDone(operation));
      for (let from = 0; from < todo.length; from += perTransaction)
        commit(() => {
          for (const operation of todo.slice(from, from + perTransaction)) {
            writer.write(operation);
            advance(operation);
          }
          remember.run(sequence, minute, source);
        });
      sequence = Math.max(sequence, upTo);
    },
  };
}

function committing(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw new SimulatorError(
      'SHOP_WRITE_FAILED',
      `The shop's database ${path} refused a transaction: ${messageOf(error)}.`,
      'Check that the disk has room and that no other program keeps the database locked; nothing committed is lost.',
      error,
    );
  }
}

interface Progress {
  sequence: number;
  minute: number;
}

function loadProgress(db: Database, world: World, source: string): Progress | undefined {
  const row = db
    .prepare<[string], Progress & { world: string }>('SELECT world, sequence, minute FROM _progress WHERE source = ?')
    .get(source);
  if (row !== undefined && row.world !== world.key)
    throw new SimulatorError(
      'SOURCE_OF_ANOTHER_WORLD',
      `The source ${source} has already run in this workspace with another seed or other settings.`,
      'Run with the settings of the first time, under another source name, or in a new workspace.',
    );
  return row;
}

function load(
  db: Database,
  world: World,
  source: string,
  writer: Writer,
  commit: (work: () => void) => void,
): Progress {
  const restaurants = world.restaurants.flat();
  commit(() => {
    for (const [number, restaurant] of restaurants.entries())
      writer.put('restaurants', restaurantRow(world, restaurant, number));
    for (const [cityIndex, founders] of world.founders.entries())
      for (let number = 0; number < founders; number++) writer.put('customers', founderRow(world, cityIndex, number));
    db.prepare('INSERT INTO _progress (source, world, sequence, minute) VALUES (?, ?, 0, 0)').run(source, world.key);
  });
  return { sequence: 0, minute: 0 };
}

interface Writer {
  put(table: TableName, row: Row): void;
  write(operation: ShopOperation): void;
  written(): number;
}

function prepareWriter(db: Database, world: World): Writer {
  const upserts = new Map([...tableContracts.keys()].map((table) => [table, prepareUpsert(db, table)]));
  const steps = prepareSteps(db);
  const move = db.prepare(
    'UPDATE customers SET street = :street, latitude = :latitude, longitude = :longitude, phone = :phone, updated_at = :updated_at WHERE customer_id = :customer_id',
  );
  let written = 0;
  const put = (table: TableName, row: Row): void => void (written += upserts.get(table)!.run(row).changes);
  const writeCustomer = (change: CustomerChange, minute: number, time: string): void => {
    const row = customerRow(world, change.cityIndex, change.number, minute, time);
    if (change.kind === 'signup') put('customers', row);
    else written += move.run(row).changes;
  };
  return {
    put,
    written: () => written,
    write(operation) {
      if (operation.kind === 'customers') {
        for (const change of operation.changes) writeCustomer(change, operation.minute, operation.time);
      } else if (operation.number === stepNumbers.placed) {
        put('orders', orderRow(operation.plan, operation.time));
        for (const item of itemRows(operation.plan)) put('order_items', item);
      } else {
        const { plan, time, number } = operation;
        written += steps.get(number)!.run({ id: plan.id, rider: plan.rider.id, time }).changes;
      }
    },
  };
}

function prepareUpsert(db: Database, table: TableName): Statement<[Row]> {
  const { columns, keyField } = tableContracts.get(table)!;
  const names = columns.map(({ name }) => name);
  const sets = names.filter((name) => name !== keyField).map((name) => `${name} = excluded.${name}`);
  return db.prepare(
    `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map((name) => `:${name}`).join(', ')})
     ON CONFLICT (${keyField}) DO UPDATE SET ${sets.join(', ')}`,
  );
}

function prepareSteps(db: Database): Map<number, Statement<[Row]>> {
  return new Map(
    [...stepSets].map(([number, sets]) => [
      number,
      db.prepare(`UPDATE orders SET ${sets}, updated_at = :time WHERE order_id = :id`),
    ]),
  );
}
