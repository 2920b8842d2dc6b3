/**
 * The data contracts: what is in an event or a row, its version, the topic it travels on and the field that is its key.
 * One JSON Schema (draft 7) per file; what JSON Schema has no word for stands under `x-tiffin` (and `x-sqlite` per column),
 * and is taken out of the `schema` that is handed on, so that any validator in strict mode accepts it.
 */
import deliveryAssigned from './events/delivery.assigned.json' with { type: 'json' };
import deliveryCompleted from './events/delivery.completed.json' with { type: 'json' };
import orderAccepted from './events/order.accepted.json' with { type: 'json' };
import orderCancelled from './events/order.cancelled.json' with { type: 'json' };
import orderDelivered from './events/order.delivered.json' with { type: 'json' };
import orderPickedUp from './events/order.picked_up.json' with { type: 'json' };
import orderPlaced from './events/order.placed.json' with { type: 'json' };
import orderPrepared from './events/order.prepared.json' with { type: 'json' };
import riderLocation from './events/rider.location.json' with { type: 'json' };
import customers from './oltp/customers.json' with { type: 'json' };
import orderItems from './oltp/order_items.json' with { type: 'json' };
import orders from './oltp/orders.json' with { type: 'json' };
import restaurants from './oltp/restaurants.json' with { type: 'json' };
import type { EventType, TableName } from './types.ts';

export type * from './types.ts';

/** Key and value of an event together. A record batch of Kafka is at most 1 MB by default, and a record has to fit into one. */
export const recordBytesMax = 800_000;

export interface EventContract {
  type: string;
  topic: string;
  /** The field whose text is the Kafka key. */
  keyField: string;
  version: number;
  description: string;
  /** Plain JSON Schema, draft 7. */
  schema: Record<string, unknown>;
}

export interface ColumnContract {
  name: string;
  sqliteType: 'TEXT' | 'INTEGER' | 'REAL';
  nullable: boolean;
  description: string;
}

export interface TableContract {
  table: TableName;
  /** Where change data capture publishes the table's changes. */
  topic: string;
  /** The primary key: one column in every table. */
  keyField: string;
  version: number;
  description: string;
  columns: ColumnContract[];
  schema: Record<string, unknown>;
}

interface ContractFile {
  title: string;
  description: string;
  'x-tiffin': { version: number; topic: string; keyField: string };
  properties: object;
}

interface ColumnFile {
  'x-sqlite': ColumnContract['sqliteType'];
  type: string | string[];
  description: string;
}

const eventFiles: ContractFile[] = [
  orderPlaced,
  orderAccepted,
  orderPrepared,
  orderPickedUp,
  orderDelivered,
  orderCancelled,
  deliveryAssigned,
  deliveryCompleted,
  riderLocation,
];

const tableFiles: [TableName, ContractFile][] = [
  ['customers', customers],
  ['restaurants', restaurants],
  ['orders', orders],
  ['order_items', orderItems],
];

/** The event types in the order of an order's life: also the order in which tools list them. */
export const eventTypes: readonly EventType[] = eventFiles.map((file) => file.title as EventType);

export const eventContracts: ReadonlyMap<string, EventContract> = new Map(
  eventFiles.map((file) => [file.title, eventContract(file)]),
);

export const tableContracts: ReadonlyMap<TableName, TableContract> = new Map(
  tableFiles.map(([table, file]) => [table, tableContract(table, file)]),
);

function eventContract(file: ContractFile): EventContract {
  const {
    'x-tiffin': { version, topic, keyField },
    ...schema
  } = file;
  return { type: file.title, topic, keyField, version, description: file.description, schema };
}

function tableContract(table: TableName, file: ContractFile): TableContract {
  const {
    'x-tiffin': { version, topic, keyField },
    ...schema
  } = file;
  const files = Object.entries(file.properties as Record<string, ColumnFile>);
  const columns = files.map(([name, column]) => columnContract(name, column));
  const properties = Object.fromEntries(files.map(([name, column]) => [name, plainColumn(column)]));
  return { table, topic, keyField, version, description: file.description, columns, schema: { ...schema, properties } };
}

function columnContract(name: string, column: ColumnFile): ColumnContract {
  const nullable = Array.isArray(column.type) && column.type.includes('null');
  return { name, sqliteType: column['x-sqlite'], nullable, description: column.description };
}

function plainColumn(column: ColumnFile): Record<string, unknown> {
  return Object.fromEntries(Object.entries(column).filter(([keyword]) => keyword !== 'x-sqlite'));
}
