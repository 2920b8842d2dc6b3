/** Zigzag varints of records, read without an object per number: the place after the last one read is kept in the reader. */
export class VarintReader {
  readonly data: Buffer;
  at: number;

  constructor(data: Buffer, at: number) {
    this.data = data;
    this.at = at;
  }

  /** Up to 53 bits. */
  next(): number {
    const { data } = this;
    let byte = data[this.at++]!;
    let value = byte & 127;
    if (byte < 128) return (value >>> 1) ^ -(value & 1);
    byte = data[this.at++]!;
    value |= (byte & 127) << 7;
    if (byte < 128) return (value >>> 1) ^ -(value & 1);
    byte = data[this.at++]!;
    value |= (byte & 127) << 14;
    if (byte < 128) return (value >>> 1) ^ -(value & 1);
    for (let scale = 2 ** 21; byte >= 128; scale *= 128) {
      byte = data[this.at++]!;
      value += (byte & 127) * scale;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
