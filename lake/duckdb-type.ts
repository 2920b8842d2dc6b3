/** Parses DuckDB's names of types, nested ones too: `STRUCT("a b" INTEGER, c VARCHAR[])`, `MAP(VARCHAR, DECIMAL(18,2))`, `ENUM('x')`. */
import { LakeError } from './errors.ts';

export type DuckType =
  | { kind: 'scalar'; name: string; args: string[] }
  | { kind: 'list'; element: DuckType }
  | { kind: 'map'; key: DuckType; value: DuckType }
  | { kind: 'struct'; fields: { name: string; type: DuckType }[] };

const TOKEN = /\s*("(?:[^"]|"")*"|'(?:[^']|'')*'|[\p{L}\p{N}_]+|[()[\],])/uy;

export function parseDuckType(text: string): DuckType {
  const tokens = tokenise(text);
  const cursor = { at: 0 };
  const type = parseType(tokens, cursor, text);
  if (cursor.at !== tokens.length) throw notAType(text);
  return type;
}

interface Cursor {
  at: number;
}

function tokenise(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const match = TOKEN.exec(text);
    if (!match) throw notAType(text);
    tokens.push(match[1]!);
  }
  return tokens;
}

function parseType(tokens: string[], cursor: Cursor, text: string): DuckType {
  let type = parseBase(tokens, cursor, text);
  while (tokens[cursor.at] === '[') {
    cursor.at += tokens[cursor.at + 1] === ']' ? 1 : 2;
    expect(']', tokens, cursor, text);
    type = { kind: 'list', element: type };
  }
  return type;
}

function parseBase(tokens: string[], cursor: Cursor, text: string): DuckType {
  const name = tokens[cursor.at++];
  if (name === undefined || !/^["\p{L}]/u.test(name)) throw notAType(text);
  const upper = name.toUpperCase();
  if (tokens[cursor.at] !== '(') return { kind: 'scalar', name: words(upper, tokens, cursor), args: [] };
  cursor.at++;
  if (upper === 'STRUCT') return { kind: 'struct', fields: parseFields(tokens, cursor, text) };
  if (upper === 'MAP') return parseMap(tokens, cursor, text);
  return { kind: 'scalar', name: upper, args: parseArguments(tokens, cursor, text) };
}

/** `TIMESTAMP WITH TIME ZONE` and `DOUBLE PRECISION` are names of several words. */
function words(first: string, tokens: string[], cursor: Cursor): string {
  let name = first;
  while (/^\p{L}+$/u.test(tokens[cursor.at] ?? '')) name += ` ${tokens[cursor.at++]!.toUpperCase()}`;
  return name;
}

function parseFields(tokens: string[], cursor: Cursor, text: string): { name: string; type: DuckType }[] {
  const fields = [];
  do {
    const name = unquote(tokens[cursor.at++] ?? '');
    fields.push({ name, type: parseType(tokens, cursor, text) });
  } while (tokens[cursor.at++] === ',');
  cursor.at--;
  expect(')', tokens, cursor, text);
  return fields;
}

function parseMap(tokens: string[], cursor: Cursor, text: string): DuckType {
  const key = parseType(tokens, cursor, text);
  expect(',', tokens, cursor, text);
  const value = parseType(tokens, cursor, text);
  expect(')', tokens, cursor, text);
  return { kind: 'map', key, value };
}

function parseArguments(tokens: string[], cursor: Cursor, text: string): string[] {
  const args: string[] = [];
  while (tokens[cursor.at] !== ')') {
    const token = tokens[cursor.at++];
    if (token === undefined) throw notAType(text);
    if (token !== ',') args.push(token);
  }
  cursor.at++;
  return args;
}

function expect(token: string, tokens: string[], cursor: Cursor, text: string): void {
  if (tokens[cursor.at++] !== token) throw notAType(text);
}

const unquote = (token: string): string => (token.startsWith('"') ? token.slice(1, -1).replaceAll('""', '"') : token);

const notAType = (text: string): LakeError =>
  new LakeError(
    'LAKE_TYPE_UNKNOWN',
    `"${text}" is not a type of DuckDB.`,
    'Cast the column to a type such as VARCHAR or BIGINT.',
  );
