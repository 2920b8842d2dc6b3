/**
 * DuckDB's own syntax tree of a SELECT (`json_serialize_sql`), and back to text. Numbers that a double cannot hold
 * (64-bit constants, "no location") keep their digits.
 */
import type { JsonValue, Sql } from '../../lake/index.ts';

export type Tree = { [key: string]: JsonValue };

export type ParsedSql =
  | { readonly kind: 'parsed'; readonly node: Tree }
  /** `position`: bytes from the start of the SQL. */
  | { readonly kind: 'failed'; readonly message: string; readonly position: number };

interface Serialized {
  error: boolean;
  error_message?: string;
  position?: string;
  statements?: { node: Tree }[];
}

export const parseSql = async (sql: Sql, text: string): Promise<ParsedSql> => {
  const [row] = await sql.rows(`SELECT json_serialize_sql(${quoteText(text)}) AS tree`);
  const result = parseExactly(String(row!.tree)) as unknown as Serialized;
  if (result.error || result.statements?.length !== 1) {
    const message = result.error_message ?? 'this is not one SELECT';
    return { kind: 'failed', message, position: Number(result.position ?? 0) };
  }
  return { kind: 'parsed', node: result.statements[0]!.node };
};

export const printSql = async (sql: Sql, node: Tree): Promise<string> => {
  const tree = JSON.stringify({ error: false, statements: [{ node, named_param_map: [] }] });
  const [row] = await sql.rows(`SELECT json_deserialize_sql(${quoteText(tree)}::JSON) AS text`);
  return String(row!.text);
};

/** Calls `visit` for every object of the tree, parents first. */
export const walk = (tree: JsonValue, visit: (node: Tree) => void): void => {
  if (tree === null || typeof tree !== 'object') return;
  if (!Array.isArray(tree)) visit(tree);
  for (const child of Array.isArray(tree) ? tree : Object.values(tree)) walk(child, visit);
};

/** Tables that the query names with their schema. */
export const tablesOf = (tree: Tree): { name: string; position: number }[] => {
  const tables: { name: string; position: number }[] = [];
  walk(tree, (node) => {
    if (node.type !== 'BASE_TABLE' || node.schema_name === '') return;
    tables.push({
      name: `${String(node.schema_name)}.${String(node.table_name)}`,
      position: Number(node.query_location),
    });
  });
  return tables;
};

export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

type Reviver = (key: string, value: JsonValue, context: { source?: string }) => JsonValue;

/** ES2026 `JSON.rawJSON` and the reviver's source text, which Node has and TypeScript's library does not know yet. */
const rawJson = JSON as unknown as {
  rawJSON(text: string): JsonValue;
  parse(text: string, reviver: Reviver): JsonValue;
};

const parseExactly = (text: string): JsonValue =>
  rawJson.parse(text, (_key, value, { source }) => {
    const isExact =
      typeof value !== 'number' || source === undefined || Number.isSafeInteger(value) || /[.eE]/.test(source);
    return isExact ? value : rawJson.rawJSON(source);
  });
