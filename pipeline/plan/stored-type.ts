/** How a column of a query is stored: Delta has fewer types than DuckDB (see lake/schema.ts). */

const wider: Record<string, string> = {
  HUGEINT: 'DECIMAL(38,0)',
  UHUGEINT: 'DECIMAL(38,0)',
  UBIGINT: 'DECIMAL(20,0)',
  UINTEGER: 'BIGINT',
  USMALLINT: 'INTEGER',
  UTINYINT: 'SMALLINT',
  JSON: 'VARCHAR',
  UUID: 'VARCHAR',
  '"NULL"': 'VARCHAR',
  TIMESTAMP_S: 'TIMESTAMP',
  TIMESTAMP_MS: 'TIMESTAMP',
  TIMESTAMP_NS: 'TIMESTAMP',
};

const refused = /^(INTERVAL|TIME\b(?!STAMP)|TIMETZ|BIT\b|BIGNUM|VARINT|UNION\(|VARIANT|GEOMETRY)/;

/** The DuckDB type that the column has once it is stored; undefined: it cannot be. */
export const storedType = (type: string): string | undefined => {
  if (refused.test(type)) return undefined;
  if (type.startsWith('ENUM(') && !type.endsWith(']')) return 'VARCHAR';
  return wider[type] ?? type;
};
