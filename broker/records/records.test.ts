import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkRecordLengths, encodeRecords, NO_HEADERS, type StoredRecord } from './records.ts';

const bytes = fc.uint8Array({ maxLength: 300 }).map((some) => Buffer.from(some));
const record: fc.Arbitrary<StoredRecord> = fc.record({
  offsetDelta: fc.nat(1000),
  timestampDelta: fc.integer(),
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.constant(NO_HEADERS),
});
const START = 3;
const check = (encoded: Buffer, count: number) => () =>
  checkRecordLengths(Buffer.concat([Buffer.alloc(START), encoded]), START, count);

test('the lengths of records fit their number and no other, whole and not cut', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 20 }), fc.nat(), (records, cut) => {
      const encoded = encodeRecords(records);
      expect(check(encoded, records.length)).not.toThrow();
      expect(check(encoded, records.length + 1)).toThrow(/number of records/);
      if (records.length === 0) return;
      expect(check(encoded, records.length - 1)).toThrow(/number of records/);
      expect(check(encoded.subarray(0, cut % encoded.length), records.length)).toThrow(/number of records/);
    }),
  );
});

test.each([
  ['a length below zero', [0x01]],
  ['a record too short to be one', [0x04, 0, 0]],
  ['a length that does not end', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ['a length beyond the end', [0xfe, 0xff, 0xff, 0xff, 0x0f]],
])('%s is refused', (_what, encoded) => {
  expect(check(Buffer.from(encoded), 1)).toThrow(/number of records/);
});
