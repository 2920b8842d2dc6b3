/**
 * The shop's database: the tables of the contracts in schemas/, and the change log that triggers write.
 *
 * `_changes` gets a row for every inserted, changed or deleted row, in the same transaction, so that the log and the tables
 * cannot disagree. `data` is the row as JSON after the change (before it, for a delete); `old` has the former values of the
 * changed columns only, as Maxwell's JSON has them (https://maxwells-daemon.io/dataformat/); an update that changes nothing is none.
 * `_transaction` says which transaction is being written: its number and the wall clock. Whoever writes to the shop
 * counts it up first; a foreign tool that does not is logged under the number before.
 */
import { tableContracts } from '../../schemas/index.ts';
import type { ColumnContract, TableContract } from '../../schemas/index.ts';

export const shopVersion = 1;

const bookkeeping = `
CREATE TABLE _changes (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  xid INTEGER NOT NULL,
  table_name TEXT NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('insert', 'update', 'delete')),
  key TEXT NOT NULL,
  data TEXT NOT NULL,
  old TEXT,
  ts_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE _transaction (id INTEGER PRIMARY KEY CHECK (id = 1), xid INTEGER NOT NULL, ts_ms INTEGER NOT NULL) STRICT;
INSERT INTO _transaction (id, xid, ts_ms) VALUES (1, 0, 0);
CREATE TABLE _progress (
  source TEXT PRIMARY KEY NOT NULL,
  world TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  minute INTEGER NOT NULL
) STRICT;
`;

/** All statements that make an empty shop. */
export const shopSchema: string = bookkeeping + [...tableContracts.values()].map(tableWithTriggers).join('\n');

function tableWithTriggers(contract: TableContract): string {
  return [
    `CREATE TABLE ${contract.table} (\n  ${contract.columns.map((column) => columnSql(column, contract)).join(',\n  ')}\n) STRICT;`,
    trigger(contract, 'insert', 'NEW', 'NULL'),
    trigger(contract, 'update', 'NEW', changedColumns(contract)),
    trigger(contract, 'delete', 'OLD', 'NULL'),
  ].join('\n');
}

function columnSql({ name, sqliteType, nullable }: ColumnContract, { keyField }: TableContract): string {
  return `${name} ${sqliteType}${nullable ? '' : ' NOT NULL'}${name === keyField ? ' PRIMARY KEY' : ''}`;
}

function trigger(contract: TableContract, type: string, row: 'NEW' | 'OLD', old: string): string {
  const { table, keyField, columns } = contract;
  const when =
    type === 'update' ? `WHEN ${columns.map(({ name }) => `NEW.${name} IS NOT OLD.${name}`).join(' OR ')}\n` : '';
  const data = columns.map(({ name }) => `'${name}', ${row}.${name}`).join(', ');
  return `CREATE TRIGGER ${table}_${type} AFTER ${type.toUpperCase()} ON ${table}
${when}BEGIN
  INSERT INTO _changes (xid, table_name, type, key, data, old, ts_ms)
  SELECT xid, '${table}', '${type}', ${row}.${keyField}, json_object(${data}), ${old}, ts_ms FROM _transaction;
END;`;
}

function changedColumns({ columns }: TableContract): string {
  const parts = columns.map(
    ({ name }) => `CASE WHEN NEW.${name} IS OLD.${name} THEN '' ELSE ',"${name}":' || json_quote(OLD.${name}) END`,
  );
  return `'{' || substr(${parts.join(' || ')}, 2) || '}'`;
}
