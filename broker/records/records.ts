/**
 * The records inside a batch. The broker looks at them only where it must: to answer look-ups by time, to compact, to
 * see that keys are there, to say which ones are wrong, and for its own markers. Layout: https://kafka.apache.org/documentation/#record
 */
import { MalformedFrame } from '../protocol/reader.ts';

export interface StoredRecord {
  readonly offsetDelta: number;
  readonly timestampDelta: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** The headers as they are stored: a count, then keys and values. */
  readonly headers: Buffer;
}

class VarintReader {
  readonly bytes: Buffer;
  position = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** A zigzag varint of up to ten bytes; exact up to 2^53. */
  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.bytes[this.position++];
      if (byte === undefined || factor > 2 ** 63) throw new MalformedFrame('a record ends within a number');
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
  }

  take(length: number): Buffer {
    if (length < 0 || this.position + length > this.bytes.length)
      throw new MalformedFrame('a record is longer than its batch');
    this.position += length;
    return this.bytes.subarray(this.position - length, this.position);
  }

  nullable(): Buffer | null {
    const length = this.varint();
    return length === -1 ? null : this.take(length);
  }
}

/** The records in `bytes` (uncompressed), which must be exactly `count`. */
export const decodeRecords = (bytes: Buffer, count: number): StoredRecord[] => {
  const reader = new VarintReader(bytes);
  const records: StoredRecord[] = [];
  while (records.length < count) {
    const length = reader.varint();
    const end = reader.position + length;
    if (length < 0 || end > bytes.length) throw new MalformedFrame('a record is longer than its batch');
    reader.take(1);
    const timestampDelta = reader.varint();
    const offsetDelta = reader.varint();
    const key = reader.nullable();
    const value = reader.nullable();
    if (reader.position > end) throw new MalformedFrame('a record is longer than it says');
    records.push({ offsetDelta, timestampDelta, key, value, headers: reader.take(end - reader.position) });
  }
  return records;
};

/** Attributes, two deltas, the lengths of key and value, and the number of headers: one byte each. */
const RECORD_BYTES_MIN = 6;
const VARINT32_SHIFT_MAX = 28;

/**
 * Throws MalformedFrame unless exactly `count` records (uncompressed) fill `bytes` from `start` on. They are told by
 * their lengths alone, so that this can be done to all that is produced.
 */
export const checkRecordLengths = (bytes: Buffer, start: number, count: number): void => {
  let at = start;
  for (let left = count; left > 0; left--) {
    let zigzag = 0;
    for (let shift = 0, byte = 0x80; byte >= 0x80; shift += 7) {
      if (at >= bytes.length || shift > VARINT32_SHIFT_MAX) throw new MalformedFrame(WRONG_COUNT);
      byte = bytes[at++]!;
      zigzag |= (byte & 0x7f) << shift;
    }
    if (zigzag < 2 * RECORD_BYTES_MIN || (zigzag & 1) !== 0) throw new MalformedFrame(WRONG_COUNT);
    at += zigzag >>> 1;
  }
  if (at !== bytes.length) throw new MalformedFrame(WRONG_COUNT);
};

const WRONG_COUNT = 'the batch does not consist of the number of records that it announces';

const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  let rest = value >= 0 ? value * 2 : -value * 2 - 1;
  while (rest >= 0x80) {
    bytes.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
};

const nullable = (value: Buffer | null): Buffer[] => (value === null ? [varint(-1)] : [varint(value.length), value]);

export const NO_HEADERS = Buffer.from([0]);

export const encodeRecords = (records: readonly StoredRecord[]): Buffer =>
  Buffer.concat(
    records.flatMap((record) => {
      const body = [
        Buffer.from([0]),
        varint(record.timestampDelta),
        varint(record.offsetDelta),
        ...nullable(record.key),
        ...nullable(record.value),
        record.headers,
      ];
      return [varint(body.reduce((sum, part) => sum + part.length, 0)), ...body];
    }),
  );
