/**
 * Columns with DuckDB types ↔ the schema JSON of Delta.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#schema-serialization-format
 */
import { parseDuckType } from './duckdb-type.ts';
import type { DuckType } from './duckdb-type.ts';
import { LakeError } from './errors.ts';
import { quoteName } from './sql-text.ts';
import type { Column, JsonValue } from './types.ts';

export type DeltaType = string | DeltaStruct | DeltaList | DeltaMap;

export interface DeltaStruct {
  type: 'struct';
  fields: DeltaField[];
}

export interface DeltaField {
  name: string;
  type: DeltaType;
  nullable: boolean;
  metadata: Record<string, JsonValue>;
}

interface DeltaList {
  type: 'array';
  elementType: DeltaType;
  containsNull: boolean;
}

interface DeltaMap {
  type: 'map';
  keyType: DeltaType;
  valueType: DeltaType;
  valueContainsNull: boolean;
}

/** Delta has no unsigned, 128-bit, UUID, enumeration or JSON type: these are stored in the next type that holds every value. */
const DELTA_OF: Record<string, string> = {
  BOOLEAN: 'boolean',
  TINYINT: 'byte',
  SMALLINT: 'short',
  UTINYINT: 'short',
  INTEGER: 'integer',
  INT: 'integer',
  USMALLINT: 'integer',
  BIGINT: 'long',
  UINTEGER: 'long',
  UBIGINT: 'decimal(20,0)',
  HUGEINT: 'decimal(38,0)',
  UHUGEINT: 'decimal(38,0)',
  FLOAT: 'float',
  REAL: 'float',
  DOUBLE: 'double',
  VARCHAR: 'string',
  TEXT: 'string',
  STRING: 'string',
  JSON: 'string',
  UUID: 'string',
  ENUM: 'string',
  BLOB: 'binary',
  DATE: 'date',
  TIMESTAMPTZ: 'timestamp',
  'TIMESTAMP WITH TIME ZONE': 'timestamp',
  TIMESTAMP: 'timestamp_ntz',
  DATETIME: 'timestamp_ntz',
  TIMESTAMP_S: 'timestamp_ntz',
  TIMESTAMP_MS: 'timestamp_ntz',
  TIMESTAMP_NS: 'timestamp_ntz',
};

const DUCKDB_OF: Record<string, string> = {
  boolean: 'BOOLEAN',
  byte: 'TINYINT',
  short: 'SMALLINT',
  integer: 'INTEGER',
  long: 'BIGINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  string: 'VARCHAR',
  binary: 'BLOB',
  date: 'DATE',
  timestamp: 'TIMESTAMP WITH TIME ZONE',
  timestamp_ntz: 'TIMESTAMP',
};

const DECIMAL = /^decimal\((\d+),\s*(-?\d+)\)$/;

export function columnsToSchema(columns: readonly Column[]): DeltaStruct {
  refuseTwins(columns);
  return { type: 'struct', fields: columns.map(toField) };
}

function toField(column: Column): DeltaField {
  return {
    name: column.name,
    type: deltaType(parseDuckType(column.type), column),
    nullable: column.nullable ?? true,
    metadata: column.comment === undefined ? {} : { comment: column.comment },
  };
}

function deltaType(type: DuckType, column: Column): DeltaType {
  switch (type.kind) {
    case 'list':
      return { type: 'array', elementType: deltaType(type.element, column), containsNull: true };
    case 'map':
      return {
        type: 'map',
        keyType: deltaType(type.key, column),
        valueType: deltaType(type.value, column),
        valueContainsNull: true,
      };
    case 'struct':
      return {
        type: 'struct',
        fields: type.fields.map(({ name, type }) => ({
          name,
          type: deltaType(type, column),
          nullable: true,
          metadata: {},
        })),
      };
    case 'scalar':
      return deltaScalar(type.name, type.args, column);
  }
}

function deltaScalar(name: string, args: string[], column: Column): string {
  if (name === 'DECIMAL' || name === 'NUMERIC') return `decimal(${args[0] ?? 18},${args[1] ?? (args[0] ? 0 : 3)})`;
  const delta = DELTA_OF[name];
  if (delta) return delta;
  throw new LakeError(
    'LAKE_TYPE_UNSUPPORTED',
    `Column "${column.name}" has the type ${column.type}, which Delta Lake tables do not have.`,
    `Cast it, for example CAST(${quoteName(column.name)} AS VARCHAR).`,
  );
}

/** Delta's names are case-insensitive, as DuckDB's. */
function refuseTwins(columns: readonly Column[]): void {
  const seen = new Set<string>();
  for (const { name } of columns) {
    const key = name.toLowerCase();
    if (seen.has(key) || name === '')
      throw new LakeError(
        'LAKE_COLUMN_NAME',
        name === ''
          ? 'A column has no name.'
          : `The column "${name}" is there twice (names differ only in case, or not at all).`,
        'Give each column a name of its own with AS.',
      );
    seen.add(key);
  }
}

export function schemaToColumns(schema: DeltaStruct): Column[] {
  return schema.fields.map((field) => ({
    name: field.name,
    type: duckdbType(field.type),
    nullable: field.nullable,
    ...(typeof field.metadata['comment'] === 'string' && { comment: field.metadata['comment'] }),
  }));
}

export function duckdbType(type: DeltaType): string {
  if (typeof type === 'string') return duckdbScalar(type);
  switch (type.type) {
    case 'array':
      return `${duckdbType(type.elementType)}[]`;
    case 'map':
      return `MAP(${duckdbType(type.keyType)}, ${duckdbType(type.valueType)})`;
    case 'struct':
      return `STRUCT(${type.fields.map((field) => `${quoteName(field.name)} ${duckdbType(field.type)}`).join(', ')})`;
  }
}

function duckdbScalar(type: string): string {
  const decimal = DECIMAL.exec(type);
  if (decimal) return `DECIMAL(${decimal[1]},${decimal[2]})`;
  const name = DUCKDB_OF[type];
  if (name) return name;
  throw new LakeError(
    'LAKE_TYPE_UNSUPPORTED',
    `The table has a column of the Delta type "${type}", which cannot be read here.`,
    'Read the table with another engine, or rewrite the column there as a string.',
  );
}

/** The columns as the table stores them: types Delta lacks are replaced by those that stand for them. */
export const storedColumns = (columns: readonly Column[]): Column[] => schemaToColumns(columnsToSchema(columns));

/** Old columns keep their place; new ones follow and must be nullable. A changed type is refused. */
export function evolveSchema(table: string, old: DeltaStruct, wanted: DeltaStruct): DeltaStruct {
  const known = new Map(old.fields.map((field) => [field.name.toLowerCase(), field]));
  const added = wanted.fields.filter((field) => {
    const before = known.get(field.name.toLowerCase());
    if (before) refuseChange(table, before, field);
    else if (!field.nullable) throw notNullable(table, field.name);
    return !before;
  });
  return added.length === 0 ? old : { type: 'struct', fields: [...old.fields, ...added] };
}

function refuseChange(table: string, before: DeltaField, after: DeltaField): void {
  const [from, to] = [duckdbType(before.type), duckdbType(after.type)];
  if (from === to) return;
  throw new LakeError(
    'LAKE_SCHEMA_CHANGE',
    `Column "${before.name}" of ${table} is ${from} and cannot become ${to}.`,
    `Cast it to ${from}, give the column another name, or rebuild the table with a full refresh.`,
  );
}

const notNullable = (table: string, column: string): LakeError =>
  new LakeError(
    'LAKE_SCHEMA_CHANGE',
    `The new column "${column}" of ${table} must be nullable, as older rows have no value for it.`,
    'Declare it without NOT NULL.',
  );
