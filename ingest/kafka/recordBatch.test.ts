import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Batch, Run } from '../publisher/port.ts';
import { crc32c } from './crc32c.ts';
import {
  decodeProduceResponse,
  encodeBatch,
  encodeProduceRequest,
  sequenceHeader,
  sourceHeader,
} from './recordBatch.ts';

const require = createRequire(import.meta.url);
interface DecodedRecord {
  offset: string;
  timestamp: string;
  key: Buffer | null;
  value: Buffer;
  headers: Record<string, Buffer>;
}
const Decoder: new (bytes: Buffer) => object = require('kafkajs/src/protocol/decoder');
const decodeBatch: (decoder: object) => Promise<{
  records: DecodedRecord[];
  firstSequence: number;
  producerId: string;
}> = require('kafkajs/src/protocol/recordBatch/v0/decoder');

const bytes = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array));
const record = fc.record({
  sequence: fc.nat({ max: 999_999_999_999_999 }),
  topic: fc.constant('t'),
  key: fc.option(bytes),
  value: bytes,
});
const run: fc.Arbitrary<Run> = fc.record({
  source: fc.option(fc.string({ minLength: 1, maxLength: 20 })),
  timestampMs: fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 }),
  records: fc.array(record, { minLength: 1, maxLength: 20 }),
});

function batchOf(runs: Run[]): Batch {
  const count = runs.reduce((sum, { records }) => sum + records.length, 0);
  return {
    topic: 't',
    partition: 1,
    runs,
    count,
    planned: { isAppended: false },
    identity: { producerId: 7n, epoch: 2, firstSequence: 40 },
  };
}

describe('a record batch', () => {
  test('is read back by kafkajs with every byte, header and timestamp', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(run, { minLength: 1, maxLength: 5 }), async (runs) => {
        const encoded = encodeBatch(batchOf(runs));
        const decoded = await decodeBatch(new Decoder(encoded));
        const expected = runs.flatMap(({ source, timestampMs, records }) =>
          records.map(({ sequence, key, value }) => ({ source, sequence, timestampMs, key, value })),
        );
        const found = decoded.records.map(({ timestamp, key, value, headers }, index) => {
          const source = headers[sourceHeader]?.toString() ?? null;
          const sequence = source === null ? expected[index]!.sequence : Number(headers[sequenceHeader]!.toString());
          return { source, sequence, timestampMs: Number(timestamp), key, value };
        });
        expect(found).toEqual(expected);
        expect(decoded.records.map(({ offset }) => Number(offset))).toEqual(expected.map((_, index) => index));
        expect(decoded.producerId).toBe('7');
        expect(decoded.firstSequence).toBe(40);
        expect(encoded.readUInt32BE(17)).toBe(crc32c(encoded, 21));
        expect(encoded.readInt32BE(8)).toBe(encoded.length - 12);
      }),
      { numRuns: 200 },
    );
  });

  test('has the checksum that RFC 3720 gives for its samples', () => {
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
    expect(crc32c(Buffer.from(Array.from({ length: 32 }, (_, index) => index)))).toBe(0x46dd794e);
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  });
});

describe('a produce request', () => {
  test('lists its batches by topic', () => {
    const one = batchOf([
      { source: 's', timestampMs: 1, records: [{ sequence: 1, topic: 't', key: null, value: Buffer.from('v') }] },
    ]);
    const request = encodeProduceRequest([one, { ...one, topic: 'other' }, { ...one, partition: 2 }], 1_000);
    expect(request.readInt16BE(2)).toBe(-1);
    expect(request.readInt32BE(8)).toBe(2);
    expect(request.length).toBe(12 + 3 * (8 + encodeBatch(one).length) + (2 + 1 + 4) + (2 + 5 + 4));
  });

  test('has an answer for each partition', () => {
    const answer = Buffer.concat([
      Buffer.from([0, 0, 0, 1, 0, 1, 0x74, 0, 0, 0, 2]),
      Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, ...Array<number>(8).fill(255)]),
      Buffer.from([0, 0, 0, 1, 0, 45, ...Array<number>(16).fill(255)]),
      Buffer.alloc(4),
    ]);
    expect(decodeProduceResponse(answer)).toEqual([
      { topic: 't', partition: 0, errorCode: 0, baseOffset: 5 },
      { topic: 't', partition: 1, errorCode: 45, baseOffset: -1 },
    ]);
  });
});
