/**
 * A file's statistics: from the text that DuckDB's `COPY … RETURN_STATS` gives to the JSON that Delta keeps, and back.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#per-file-statistics
 */
import type { DeltaStruct, DeltaType } from './schema.ts';
import type { DataFile, FileStats, JsonValue } from './types.ts';

/** Longer text is cut in the statistics: enough for a UUID, too little to store the rows twice. */
const TEXT_CHARACTERS_MAX = 48;

/** DuckDB's statistics by quoted, dotted column path (`"s"."a"`), each by name (`min`, `max`, `null_count`, …). */
export type CopyStats = Map<string, Map<string, string>>;

/** A MAP in DuckDB's JSON form is a list of entries. */
export function copyStats(value: JsonValue | undefined): CopyStats {
  return new Map(entries(value).map(([column, stats]) => [column, new Map(entries(stats) as [string, string][])]));
}

export function entries(value: JsonValue | undefined): [string, JsonValue][] {
  return ((value ?? []) as { key: string; value: JsonValue }[]).map((entry) => [entry.key, entry.value]);
}

/** Written by hand, as JSON.stringify cannot print 64-bit integers and decimals exactly. */
export function deltaStats(schema: DeltaStruct, rows: number, copied: CopyStats): string {
  const pick = (leaf: Leaf) => statsObject(schema, '', copied, leaf) ?? '{}';
  return `{"numRecords":${rows},"minValues":${pick(minOf)},"maxValues":${pick(maxOf)},"nullCount":${pick(nullsOf)}}`;
}

/** One statistic of a column as JSON text; `undefined` when there is none. */
type Leaf = (type: string, stats: Map<string, string>) => string | undefined;

function statsObject(struct: DeltaStruct, prefix: string, copied: CopyStats, leaf: Leaf): string | undefined {
  const members: string[] = [];
  for (const { name, type } of struct.fields) {
    const text = statOf(type, `${prefix}"${name.replaceAll('"', '""')}"`, copied, leaf);
    if (text !== undefined) members.push(`${JSON.stringify(name)}:${text}`);
  }
  return members.length > 0 ? `{${members.join(',')}}` : undefined;
}

function statOf(type: DeltaType, column: string, copied: CopyStats, leaf: Leaf): string | undefined {
  if (typeof type !== 'string')
    return type.type === 'struct' ? statsObject(type, `${column}.`, copied, leaf) : undefined;
  const stats = copied.get(column);
  return stats && leaf(type, stats);
}

const nullsOf: Leaf = (_type, stats) => stats.get('null_count');

const minOf: Leaf = (type, stats) => {
  const min = stats.get('min');
  return min === undefined ? undefined : bound(type, min, 'min');
};

const maxOf: Leaf = (type, stats) => {
  const max = stats.get('max');
  return max === undefined ? undefined : bound(type, max, 'max');
};

/** A value outside what Delta's text forms can say (infinity, years beyond 9999) gives no bound. */
function bound(type: string, text: string, side: 'min' | 'max'): string | undefined {
  switch (type) {
    case 'boolean':
    case 'binary':
      return undefined;
    case 'string':
      return JSON.stringify(cutText(text, side));
    case 'date':
      return /^\d{4}-\d\d-\d\d$/.test(text) ? JSON.stringify(text) : undefined;
    case 'timestamp':
    case 'timestamp_ntz':
      return timestampBound(text, side, type === 'timestamp' ? 'Z' : '');
    default:
      return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text) ? text : undefined;
  }
}

function cutText(text: string, side: 'min' | 'max'): string {
  if (text.length <= TEXT_CHARACTERS_MAX) return text;
  const cut = [...text].slice(0, TEXT_CHARACTERS_MAX).join('');
  return side === 'min' || cut === text ? cut : `${cut}\u{10FFFF}`;
}

const TIMESTAMP = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:\+00)?$/;

/** Delta's bounds have milliseconds, DuckDB's values microseconds: round outwards, so that the bound holds for every reader. */
function timestampBound(text: string, side: 'min' | 'max', zone: string): string | undefined {
  const match = TIMESTAMP.exec(text);
  if (!match) return undefined;
  const micros = Number((match[3] ?? '').padEnd(6, '0'));
  const millis = side === 'min' ? Math.floor(micros / 1000) : Math.ceil(micros / 1000);
  const instant = new Date(Date.parse(`${match[1]}T${match[2]}Z`) + millis);
  return `"${instant.toISOString().slice(0, 23)}${zone}"`;
}

const parsed = new WeakMap<DataFile, FileStats>();

/** `undefined` when the writer kept none. */
export function fileStats(file: DataFile): FileStats | undefined {
  if (file.stats === undefined) return undefined;
  const known = parsed.get(file);
  if (known) return known;
  const stats = { minValues: {}, maxValues: {}, nullCount: {}, ...JSON.parse(file.stats, exactNumbers) } as FileStats;
  parsed.set(file, stats);
  return stats;
}

function exactNumbers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  return Number.isSafeInteger(value) || String(value) === context.source ? value : context.source;
}
