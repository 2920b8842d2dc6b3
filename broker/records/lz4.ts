/** Decompresses the LZ4 frame format: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md */
import { MalformedFrame } from '../protocol/reader.ts';

const MAGIC = 0x184d2204;
const UNCOMPRESSED_BIT = 0x80000000;

/** Output that grows, because a frame need not say how long it is. Later blocks may copy from earlier ones. */
class Output {
  bytes = Buffer.allocUnsafe(64 * 1024);
  length = 0;

  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.bytes.length, this.length + count));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
  append(from: Buffer, start: number, end: number): void {
    if (end > from.length) throw new MalformedFrame('an LZ4 literal is out of range');
    this.reserve(end - start);
    this.length += from.copy(this.bytes, this.length, start, end);
  }
  copy(offset: number, count: number): void {
    if (offset === 0 || offset > this.length) throw new MalformedFrame('an LZ4 copy is out of range');
    this.reserve(count);
    for (let n = 0; n < count; n++, this.length++) this.bytes[this.length] = this.bytes[this.length - offset]!;
  }
}

export const unlz4 = (bytes: Buffer): Buffer => {
  if (bytes.length < 7 || bytes.readUInt32LE(0) !== MAGIC) throw new MalformedFrame('this is no LZ4 frame');
  const flags = bytes[4]!;
  const hasBlockChecksum = (flags & 0x10) !== 0;
  const hasContentSize = (flags & 0x08) !== 0;
  const hasDictionary = (flags & 0x01) !== 0;
  let at = 7 + (hasContentSize ? 8 : 0) + (hasDictionary ? 4 : 0);
  const out = new Output();
  for (;;) {
    const head = bytes.readUInt32LE(at);
    at += 4;
    if (head === 0) return out.bytes.subarray(0, out.length);
    const length = head % UNCOMPRESSED_BIT;
    if (at + length > bytes.length) throw new MalformedFrame('an LZ4 block is longer than its frame');
    if (head >= UNCOMPRESSED_BIT) out.append(bytes, at, at + length);
    else block(bytes.subarray(at, at + length), out);
    at += length + (hasBlockChecksum ? 4 : 0);
  }
};

const block = (bytes: Buffer, out: Output): void => {
  let at = 0;
  const extended = (nibble: number): number => {
    let length = nibble;
    if (nibble === 15) {
      for (let byte = 255; byte === 255; length += byte) {
        const next = bytes[at++];
        if (next === undefined) throw new MalformedFrame('an LZ4 block ends within a length');
        byte = next;
      }
    }
    return length;
  };
  while (at < bytes.length) {
    const token = bytes[at++]!;
    const literals = extended(token >>> 4);
    out.append(bytes, at, at + literals);
    at += literals;
    if (at >= bytes.length) return;
    const offset = bytes.readUInt16LE(at);
    at += 2;
    out.copy(offset, extended(token & 15) + 4);
  }
};
