import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { apis } from '../apis/index.ts';
import { array, compileMessage, int32, int64, string, struct, type Fields } from './fields.ts';
import { MalformedFrame, Reader } from './reader.ts';
import { Writer } from './writer.ts';

const encode = (codec: { write(writer: Writer, value: never): void }, value: unknown): Buffer => {
  const writer = new Writer(16);
  codec.write(writer, value as never);
  return Buffer.concat(writer.finish());
};

const everyVersion = [...apis.values()].flatMap((api) => {
  const [first, last] = api.versions;
  return Array.from({ length: last - first + 1 }, (_, at) => ({ api, version: first + at }));
});

describe('the tables of all APIs', () => {
  test('a message that was read from random bytes is written and read again as the same message', () => {
    fc.assert(
      fc.property(fc.constantFrom(...everyVersion), fc.uint8Array({ maxLength: 300 }), ({ api, version }, bytes) => {
        for (const codec of [api.requestCodec(version), api.responseCodec(version)]) {
          let message: object;
          try {
            message = codec.read(new Reader(Buffer.from(bytes)));
          } catch (error) {
            if (error instanceof MalformedFrame || error instanceof RangeError) continue;
            throw error;
          }
          const again = codec.read(new Reader(encode(codec, message)));
          expect(encode(codec, again).equals(encode(codec, message))).toBe(true);
        }
      }),
      { numRuns: 20_000 },
    );
  });

  test('each API refuses in every version in words that the version has', () => {
    for (const { api, version } of everyVersion) {
      const empty = Buffer.alloc(400);
      if (version >= api.flexibleSince) empty.fill(1, 0, 1);
      const codec = api.responseCodec(version);
      let request: object = {};
      try {
        request = api.requestCodec(version).read(new Reader(empty));
      } catch (error) {
        if (!(error instanceof MalformedFrame)) throw error;
        continue;
      }
      const bytes = encode(codec, api.refuse(request, 3));
      const reader = new Reader(bytes);
      codec.read(reader);
      expect([api.name, version, reader.remaining]).toEqual([api.name, version, 0]);
    }
  });
});

describe('fields', () => {
  const fields = {
    name: string({ nullable: 2 }),
    offset: int64({ since: 1, default: -1 }),
    items: array({ id: int32(), note: string({ since: 2 }) }, { nullable: 1 }),
    extra: struct({ id: int32() }, { since: 2, tag: 0 }),
  } as unknown as Fields;
  const roundTrip = (version: number, value: object) => {
    const codec = compileMessage(fields, version, version >= 2);
    return codec.read(new Reader(encode(codec, value)));
  };

  test('a field that a version lacks reads as its default', () => {
    expect(roundTrip(0, { name: 'a', offset: 5, items: [{ id: 1, note: 'x' }] })).toEqual({
      name: 'a',
      offset: -1,
      items: [{ id: 1, note: '' }],
      extra: { id: 0 },
    });
  });

  test('null travels where it may, and a tagged field when it is given', () => {
    expect(roundTrip(2, { name: null, items: null, extra: { id: 9 } })).toEqual({
      name: null,
      offset: -1,
      items: null,
      extra: { id: 9 },
    });
  });

  test('64-bit numbers are exact up to 2^53, also negative ones', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (offset) => {
        expect(roundTrip(1, { name: '', offset, items: [] })).toMatchObject({ offset });
      }),
    );
  });

  test('a count that cannot be is refused before anything is allocated for it', () => {
    const writer = new Writer();
    writer.string('\u0000\u0000', 2);
    writer.int32(2_000_000_000);
    const codec = compileMessage(fields, 0, false);
    expect(() => codec.read(new Reader(Buffer.concat(writer.finish())))).toThrow(MalformedFrame);
  });
});
