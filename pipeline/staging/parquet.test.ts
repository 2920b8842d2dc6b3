import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blobText } from './encodings.ts';
import { writeAll, writeStaging } from './parquet.ts';
import { chunkRowsMax, RowBuffer } from './rows.ts';

interface Message {
  topic: string;
  partition: number;
  key: Buffer | null;
  value: Buffer | null;
  offset: number;
  timestampMs: number;
}

const dir = mkdtempSync(join(tmpdir(), 'tiffin-staging-'));
let connection: DuckDBConnection;
let instance: DuckDBInstance;

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:');
  connection = await instance.connect();
});
afterAll(() => {
  connection.closeSync();
  instance.closeSync();
  rmSync(dir, { recursive: true, force: true });
});

const fill = (messages: readonly Message[]): RowBuffer => {
  const rows = new RowBuffer();
  for (const { topic, partition, key, value, offset, timestampMs } of messages) {
    const source = Buffer.concat([key ?? Buffer.alloc(0), value ?? Buffer.alloc(0)]);
    const keyEnd = key === null ? -1 : key.length;
    const valueStart = value === null ? -1 : (key?.length ?? 0);
    rows.from(topic, partition);
    rows.append(
      source,
      key === null ? -1 : 0,
      keyEnd,
      valueStart,
      value === null ? -1 : source.length,
      offset,
      timestampMs,
    );
  }
  return rows;
};

const roundTrip = async (messages: readonly Message[]): Promise<unknown[]> => {
  const path = join(dir, 'rows.parquet');
  await writeStaging(path, fill(messages).chunks);
  const sql = `SELECT key, value, topic, partition, "offset", epoch_ms(timestamp) AS ms FROM read_parquet('${path}')`;
  return (await connection.runAndReadAll(sql)).getRowObjectsJson();
};

const isUtf8Text = (bytes: Buffer): boolean => Buffer.from(bytes.toString('utf8')).equals(bytes);
const textOf = (bytes: Buffer | null): string | null => {
  if (bytes === null) return null;
  return isUtf8Text(bytes) ? bytes.toString('utf8') : blobText(bytes);
};
const expected = ({ topic, partition, key, value, offset, timestampMs }: Message): unknown => ({
  key: textOf(key),
  value: textOf(value),
  topic,
  partition,
  offset: String(offset),
  ms: String(timestampMs),
});

describe('the staging file', () => {
  test('gives DuckDB exactly the rows, whatever the bytes', async () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.json()).map((value) => Buffer.from(value));
    const bytes = fc.uint8Array({ maxLength: 40 }).map((value) => Buffer.from(value));
    const maybe = fc.option(fc.oneof({ arbitrary: text, weight: 5 }, { arbitrary: bytes, weight: 1 }));
    const message = fc.record({
      topic: fc.constantFrom('order.placed', 'order.cancelled', 'é.*'),
      partition: fc.integer({ min: 0, max: 300 }),
      key: maybe,
      value: maybe,
      offset: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
      timestampMs: fc.integer({ min: 0, max: 4_102_444_800_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 400 }), async (messages) => {
        expect(await roundTrip(messages)).toEqual(messages.map(expected));
      }),
      { numRuns: 60 },
    );
  });

  test('spreads over row groups when there are many rows', async () => {
    const count = chunkRowsMax * 2 + 77;
    const value = Buffer.from('{"a":"é"}');
    const messages = Array.from({ length: count }, (_, offset) => ({
      topic: offset < chunkRowsMax + 5 ? 'a' : 'b',
      partition: 0,
      key: null,
      value: offset % 3 === 0 ? null : value.subarray(0, 4 + (offset % 2)),
      offset,
      timestampMs: 1_700_000_000_000 + offset,
    }));
    const path = join(dir, 'many.parquet');
    await writeStaging(path, fill(messages).chunks);
    const sql = `SELECT count(*) AS n, count(value) AS present, sum("offset") AS total, count_if(topic = 'b') AS b,
      count(DISTINCT timestamp) AS times FROM read_parquet('${path}')`;
    const [row] = (await connection.runAndReadAll(sql)).getRowObjectsJson();
    expect(row).toEqual({
      n: String(count),
      present: String(messages.filter((each) => each.value !== null).length),
      total: String((count * (count - 1)) / 2),
      b: String(count - chunkRowsMax - 5),
      times: String(count),
    });
    const groups = await connection.runAndReadAll(`SELECT num_row_groups AS n FROM parquet_file_metadata('${path}')`);
    expect(groups.getRowObjectsJson()).toEqual([{ n: '3' }]);
  });

  test('holds columns of nothing but NULL', async () => {
    for (let count = 1; count < 200; count += 1) {
      const messages = Array.from({ length: count }, (_, offset) => ({
        topic: 't',
        partition: 0,
        key: null,
        value: null,
        offset,
        timestampMs: 0,
      }));
      expect(await roundTrip(messages)).toEqual(messages.map(expected));
    }
  });

  test('keeps bytes that are no text as DuckDB writes a blob', async () => {
    const value = Buffer.from([0x61, 0xff, 0x00, 0x27, 0x5c, 0x22, 0x7e]);
    const [row] = await roundTrip([{ topic: 't', partition: 0, key: null, value, offset: 0, timestampMs: 0 }]);
    const hex = value.toString('hex');
    const own = await connection.runAndReadAll(`SELECT unhex('${hex}')::VARCHAR AS text`);
    expect((row as { value: string }).value).toBe(own.getRowObjectsJson()[0]!.text);
  });

  test('tells a character that is cut between two values from text', async () => {
    const [first, second] = [Buffer.from([0x61, 0xc3]), Buffer.from([0xa9, 0x62])];
    const rows = await roundTrip(
      [first, second].map((value, offset) => ({ topic: 't', partition: 0, key: null, value, offset, timestampMs: 0 })),
    );
    expect(rows.map((row) => (row as { value: string }).value)).toEqual(['a\\xC3', '\\xA9b']);
  });
});

test('writes every byte in order where the disk takes only a part of each write', async () => {
  const buffers = Array.from({ length: 1_200 }, (_, i) => Buffer.alloc(i % 7, i % 251));
  const whole = Buffer.concat(buffers);
  const taken: Buffer[] = [];
  const writev = (views: readonly NodeJS.ArrayBufferView[]): Promise<{ bytesWritten: number; buffers: never }> => {
    const part = Buffer.concat(views as readonly Uint8Array[]).subarray(0, 100);
    taken.push(part);
    return Promise.resolve({ bytesWritten: part.length, buffers: views as never });
  };
  await writeAll({ writev }, buffers);
  expect(Buffer.concat(taken).equals(whole)).toBe(true);
});

test('says that the disk is full where a write takes a part and the next one nothing', async () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  const results = [Promise.resolve({ bytesWritten: 3, buffers: [] as never })];
  const writev = (): Promise<never> => (results.pop() as Promise<never> | undefined) ?? Promise.reject(full);
  await expect(writeAll({ writev }, [Buffer.from('PAR1')])).rejects.toThrow(/no space left/);
});
