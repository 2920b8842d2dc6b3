/** Decompresses snappy, raw or in the frame of the xerial library that Java producers use. */
import { MalformedFrame } from '../protocol/reader.ts';

const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const XERIAL_HEADER_BYTES = 16;

export const unsnappy = (bytes: Buffer): Buffer => {
  if (!bytes.subarray(0, 8).equals(XERIAL)) return block(bytes);
  const blocks: Buffer[] = [];
  for (let at = XERIAL_HEADER_BYTES; at + 4 <= bytes.length;) {
    const length = bytes.readInt32BE(at);
    blocks.push(block(bytes.subarray(at + 4, at + 4 + length)));
    at += 4 + Math.max(0, length);
  }
  return Buffer.concat(blocks);
};

/** https://github.com/google/snappy/blob/main/format_description.txt */
const block = (bytes: Buffer): Buffer => {
  let at = 0;
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++] ?? 0;
    length += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80 || shift > 28) break;
  }
  // A copy of at most 64 bytes takes at least 2: no honest block is larger than this.
  if (length > bytes.length * 64) throw new MalformedFrame('a snappy block announces more than it can hold');
  const out = Buffer.allocUnsafe(length);
  let done = 0;
  const copy = (offset: number, count: number): void => {
    if (offset === 0 || offset > done || done + count > length)
      throw new MalformedFrame('a snappy copy is out of range');
    for (let n = 0; n < count; n++, done++) out[done] = out[done - offset]!;
  };
  while (at < bytes.length) {
    const tag = bytes[at++]!;
    const kind = tag & 3;
    if (kind === 0) {
      let count = tag >>> 2;
      if (count >= 60) {
        const extra = count - 59;
        count = bytes.readUIntLE(at, extra);
        at += extra;
      }
      count++;
      if (at + count > bytes.length || done + count > length)
        throw new MalformedFrame('a snappy literal is out of range');
      bytes.copy(out, done, at, at + count);
      at += count;
      done += count;
    } else if (kind === 1) copy(((tag & 0xe0) << 3) | bytes[at++]!, ((tag >>> 2) & 7) + 4);
    else {
      const width = kind === 2 ? 2 : 4;
      copy(bytes.readUIntLE(at, width), (tag >>> 2) + 1);
      at += width;
    }
  }
  return out.subarray(0, done);
};
