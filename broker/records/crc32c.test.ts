import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32c } from './crc32c.ts';

const bitByBit = (bytes: Uint8Array): number => {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
};

test('the CRC of RFC 3720 test vectors is theirs', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(new Uint8Array(0))).toBe(0);
});

test('any bytes have the CRC that the definition gives, whole, in part and continued', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(400), (bytes, cut) => {
      const at = Math.min(cut, bytes.length);
      expect(crc32c(bytes)).toBe(bitByBit(bytes));
      expect(crc32c(bytes, at)).toBe(bitByBit(bytes.subarray(at)));
      expect(crc32c(bytes, at, bytes.length, crc32c(bytes, 0, at))).toBe(bitByBit(bytes));
    }),
  );
});

test('more bytes than fit one piece are as exact', () => {
  const bytes = new Uint8Array(200_003).map((_, index) => index * 31 + (index >> 9));
  expect(crc32c(bytes)).toBe(bitByBit(bytes));
});
