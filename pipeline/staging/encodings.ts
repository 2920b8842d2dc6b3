/**
 * Parquet's encodings that the staging file uses. https://parquet.apache.org/docs/file-format/data-pages/encodings/
 */
import { isUtf8 } from 'node:buffer';
import type { ByteColumn } from './bytes.ts';
import { pushVarint } from './thrift.ts';

/** RLE of [value, count] runs; values below 2^16. */
export const rleRuns = (runs: Iterable<readonly [value: number, count: number]>, bitWidth: number): Buffer => {
  const bytes: number[] = [];
  for (const [value, count] of runs) {
    pushVarint(bytes, count * 2);
    for (let shift = 0; shift < bitWidth; shift += 8) bytes.push((value >> shift) & 255);
  }
  return Buffer.from(bytes);
};

/** Definition levels of an optional column: 1 where there is a value. */
export const definitionLevels = ({ lengths, count, nulls }: ByteColumn): Buffer => {
  const runs: [number, number][] = [];
  if (nulls === 0) runs.push([1, count]);
  else {
    for (let row = 0; row < count; row += 1) {
      const level = lengths[row]! < 0 ? 0 : 1;
      const last = runs.at(-1);
      if (last?.[0] === level) last[1] += 1;
      else runs.push([level, 1]);
    }
  }
  const body = rleRuns(runs, 1);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(body.length);
  return Buffer.concat([size, body]);
};

/** INT64, PLAIN: `values` are whole numbers below 2^53. */
export const plainInt64 = (values: Float64Array, count: number): Buffer => {
  const words = new Uint32Array(count * 2);
  for (let row = 0; row < count; row += 1) {
    const value = values[row]!;
    words[2 * row] = value >>> 0;
    words[2 * row + 1] = Math.floor(value / 0x1_0000_0000);
  }
  return Buffer.from(words.buffer);
};

const blockSize = 128;
const miniblockSize = 32;

/** DELTA_BINARY_PACKED of the lengths that are not NULL. Bit widths are whole bytes: a little larger, much simpler. */
export const deltaLengths = ({ lengths, count, nulls }: ByteColumn): Buffer => {
  const values = nulls === 0 ? lengths.subarray(0, count) : lengths.subarray(0, count).filter((length) => length >= 0);
  const header: number[] = [];
  pushVarint(header, blockSize);
  pushVarint(header, blockSize / miniblockSize);
  pushVarint(header, values.length);
  pushVarint(header, 2 * (values[0] ?? 0));
  // Each block: at most 5 bytes for its smallest delta, 4 widths, and 4 bytes for each value.
  const out = Buffer.alloc(header.length + Math.ceil(values.length / blockSize) * (9 + blockSize * 4));
  out.set(header);
  let at = header.length;
  for (let from = 1; from < values.length; from += blockSize) at = packBlock(values, from, out, at);
  return out.subarray(0, at);
};

const packBlock = (values: Int32Array, from: number, out: Buffer, start: number): number => {
  const to = Math.min(from + blockSize, values.length);
  let least = values[from]! - values[from - 1]!;
  for (let row = from + 1; row < to; row += 1) least = Math.min(least, values[row]! - values[row - 1]!);
  const smallest: number[] = [];
  pushVarint(smallest, least < 0 ? -2 * least - 1 : 2 * least);
  out.set(smallest, start);
  const widthsAt = start + smallest.length;
  let at = widthsAt + blockSize / miniblockSize;
  for (let mini = 0; mini < blockSize / miniblockSize; mini += 1) {
    const first = from + mini * miniblockSize;
    if (first >= to) continue;
    const bytes = bytesFor(values, first, Math.min(first + miniblockSize, to), least);
    out[widthsAt + mini] = bytes * 8;
    for (let row = first; row < first + miniblockSize; row += 1) {
      const rest = row < to ? values[row]! - values[row - 1]! - least : 0;
      for (let byte = 0; byte < bytes; byte += 1) out[at++] = (rest / 2 ** (8 * byte)) & 255;
    }
  }
  return at;
};

const bytesFor = (values: Int32Array, from: number, to: number, least: number): number => {
  let most = 0;
  for (let row = from; row < to; row += 1) most = Math.max(most, values[row]! - values[row - 1]! - least);
  if (most === 0) return 0;
  if (most < 256) return 1;
  return most < 65_536 ? 2 : 4;
};

/**
 * Is every value UTF-8? The whole run of bytes is checked at once, which is fast; it is true of each value if, besides,
 * none begins inside a character.
 */
export const isAllUtf8 = ({ data, used, lengths, count }: ByteColumn): boolean => {
  if (!isUtf8(data.subarray(0, used))) return false;
  let at = 0;
  for (let row = 0; row < count; row += 1) {
    const length = lengths[row]!;
    if (length <= 0) continue;
    if ((data[at]! & 0xc0) === 0x80) return false;
    at += length;
  }
  return true;
};

/** Rewrites values that are not UTF-8 as DuckDB writes a BLOB as text: `\xAB` for what is no plain character. */
export const repairUtf8 = (column: ByteColumn): void => {
  const { lengths, count, used } = column;
  const data = Buffer.from(column.data.subarray(0, used));
  column.clear();
  let at = 0;
  for (let row = 0; row < count; row += 1) {
    const length = lengths[row]!;
    if (length < 0) {
      column.appendNull();
      continue;
    }
    const value = data.subarray(at, at + length);
    const text = isUtf8(value) ? value : Buffer.from(blobText(value), 'latin1');
    column.append(text, 0, text.length);
    at += length;
  }
};

/** As `blob::VARCHAR` in DuckDB. */
export const blobText = (bytes: Buffer): string => {
  let text = '';
  for (const byte of bytes) {
    const plain = byte >= 32 && byte <= 126 && byte !== 0x5c && byte !== 0x27 && byte !== 0x22;
    text += plain ? String.fromCharCode(byte) : `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
};
