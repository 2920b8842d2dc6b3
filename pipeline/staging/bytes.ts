/** Growing buffers for what is read from Kafka: bytes are copied once, from the network's buffer into a column. */

/** Values of one column, end to end, with their lengths. */
export class ByteColumn {
  data: Buffer;
  used = 0;
  /** -1 is NULL. */
  lengths: Int32Array;
  count = 0;
  nulls = 0;

  constructor(rowsMax: number, bytes: number) {
    this.data = Buffer.allocUnsafeSlow(bytes);
    this.lengths = new Int32Array(rowsMax);
  }

  append(source: Buffer, start: number, end: number): void {
    const length = end - start;
    if (this.used + length > this.data.length) this.grow(length);
    source.copy(this.data, this.used, start, end);
    this.used += length;
    this.lengths[this.count] = length;
    this.count += 1;
  }

  appendNull(): void {
    this.lengths[this.count] = -1;
    this.count += 1;
    this.nulls += 1;
  }

  clear(): void {
    this.used = 0;
    this.count = 0;
    this.nulls = 0;
  }

  private grow(more: number): void {
    const bigger = Buffer.allocUnsafeSlow(Math.max(this.data.length * 2, this.used + more));
    this.data.copy(bigger, 0, 0, this.used);
    this.data = bigger;
  }
}
