import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { murmur2, partitionOfKey } from './murmur2.ts';

const require = createRequire(import.meta.url);
const murmur2OfKafkajs: (key: Buffer) => number = require('kafkajs/src/producer/partitioners/default/murmur2');

describe('the partition of a key', () => {
  test('is the one that kafkajs chooses, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(murmur2(bytes)).toBe(murmur2OfKafkajs(Buffer.from(bytes)));
      }),
    );
  });

  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['abc', 479470107],
  ])('has the hash of %s that the test of Apache Kafka gives', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash);
    expect(partitionOfKey(Buffer.from(text), 7)).toBe((hash & 0x7fffffff) % 7);
  });
});
