/** How one value of a result is written: exactly as the engine says it, NULL as a word of its own. */
import type { Cell } from '../../engine/contract/index.ts';

export interface CellPlace {
  readonly row: number;
  readonly column: number;
}

const shownMax = 300;

/** In the grid: one line, cut where nobody could read on. */
export const cellText = (value: Cell | undefined): string => {
  if (value === undefined) return '';
  if (value === null) return 'NULL';
  const text = String(value);
  return (text.length > shownMax ? `${text.slice(0, shownMax)}…` : text).replaceAll(/\s+/g, ' ');
};

/** Copied: as it is; NULL as nothing, which is what spreadsheets take it for. Tabs and line breaks would break the table. */
export const cellCopy = (value: Cell | undefined): string => {
  if (value === undefined || value === null) return '';
  const text = String(value);
  return /[\t\n\r"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** In the drawer: JSON laid out, anything else as it is. 64-bit integers inside JSON stay as they were written. */
export const cellDetail = (value: Cell): { text: string; json: boolean } => {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return { text: String(value), json: false };
  const laidOut = layOutJson(value);
  return laidOut === undefined ? { text: value, json: false } : { text: laidOut, json: true };
};

/**
 * Lays JSON out without parsing its numbers: `JSON.parse` would round 64-bit integers. Undefined if it is no JSON.
 * Walks the text once; strings are copied whole.
 */
export const layOutJson = (text: string): string | undefined => {
  if (!isJson(text)) return undefined;
  let out = '';
  let depth = 0;
  const line = (): string => `\n${'  '.repeat(depth)}`;
  for (const token of text.match(/"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s"[\]{},:]+/g) ?? []) {
    if (token === '{' || token === '[') {
      depth += 1;
      out += token + line();
    } else if (token === '}' || token === ']') {
      depth -= 1;
      out = /[[{]\s*$/.test(out) ? out.trimEnd() + token : out + line() + token;
    } else if (token === ',') out += token + line();
    else out += token === ':' ? ': ' : token;
  }
  return out;
};

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // The answer to the question, not a failure.
    return false;
  }
};

const shortTypes: Readonly<Record<string, string>> = {
  'TIMESTAMP WITH TIME ZONE': 'timestamptz',
  'TIME WITH TIME ZONE': 'timetz',
};

export const typeLabel = (type: string): string => {
  const short = shortTypes[type] ?? type.toLowerCase();
  if (/\[\d*\]$/.test(short) && short.length > 24) return 'list';
  return short.length > 24 ? (/^\w+/.exec(short)?.[0] ?? short) : short;
};

const wide = /[mwMW@%]/;
const narrow = /[iljtfrI.,:;'|!()[\]{} ]/;
const capitalOrDigit = /[A-Z0-9_#&+=<>~]/;

/** About how wide a text is in the grid's face (Inter at 12 px, figures of equal width); never less than it is. */
export const textWidthPx = (text: string): number => {
  let width = 0;
  for (const char of text.slice(0, 80))
    width += wide.test(char) ? 11 : narrow.test(char) ? 4.6 : capitalOrDigit.test(char) ? 8.2 : 7.2;
  return width;
};
