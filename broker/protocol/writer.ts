/**
 * Writes Kafka's primitive types into a growing buffer. Large byte strings (record batches in a fetch answer) are kept
 * by reference as parts of their own, so they go from the file's page to the socket without a copy in between.
 */
const HIGH = 4294967296;
const BY_REFERENCE_BYTES_MIN = 4096;

export class Writer {
  private readonly parts: Buffer[] = [];
  private partsBytes = 0;
  private buffer: Buffer;
  private start = 0;
  private position = 0;

  constructor(sizeBytes = 512) {
    this.buffer = Buffer.allocUnsafe(sizeBytes);
  }

  get length(): number {
    return this.partsBytes + this.position - this.start;
  }

  private claim(bytes: number): number {
    const at = this.position;
    if (at + bytes > this.buffer.length) return this.grow(bytes);
    this.position = at + bytes;
    return at;
  }

  private grow(bytes: number): number {
    const used = this.position - this.start;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.buffer.length, used + bytes));
    this.buffer.copy(larger, 0, this.start, this.position);
    this.buffer = larger;
    this.start = 0;
    this.position = used + bytes;
    return used;
  }

  bool(value: boolean): void {
    const at = this.claim(1);
    this.buffer[at] = value ? 1 : 0;
  }
  int8(value: number): void {
    const at = this.claim(1);
    this.buffer.writeInt8(value, at);
  }
  int16(value: number): void {
    const at = this.claim(2);
    this.buffer.writeInt16BE(value, at);
  }
  uint16(value: number): void {
    const at = this.claim(2);
    this.buffer.writeUInt16BE(value, at);
  }
  int32(value: number): void {
    const at = this.claim(4);
    this.buffer.writeInt32BE(value | 0, at);
  }
  int64(value: number): void {
    const at = this.claim(8);
    const high = Math.floor(value / HIGH);
    this.buffer.writeInt32BE(high | 0, at);
    this.buffer.writeUInt32BE(value - high * HIGH, at + 4);
  }
  float64(value: number): void {
    const at = this.claim(8);
    this.buffer.writeDoubleBE(value, at);
  }
  uuid(value: string): void {
    const at = this.claim(16);
    this.buffer.write(value, at, 16, 'hex');
  }

  unsignedVarint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      const at = this.claim(1);
      this.buffer[at] = (rest & 0x7f) | 0x80;
      rest = Math.floor(rest / 128);
    }
    const at = this.claim(1);
    this.buffer[at] = rest;
  }

  string(value: string, bytes: number): void {
    const at = this.claim(bytes);
    this.buffer.write(value, at, bytes, 'utf8');
  }

  bytes(value: Uint8Array): void {
    if (value.length >= BY_REFERENCE_BYTES_MIN) return this.reference(value);
    const at = this.claim(value.length);
    this.buffer.set(value, at);
  }

  private reference(value: Uint8Array): void {
    this.flush();
    this.parts.push(Buffer.from(value.buffer, value.byteOffset, value.length));
    this.partsBytes += value.length;
  }

  private flush(): void {
    if (this.position === this.start) return;
    this.parts.push(this.buffer.subarray(this.start, this.position));
    this.partsBytes += this.position - this.start;
    this.start = this.position;
  }

  /** Overwrites the 32-bit number at `at`, which must be in the first part (a frame's length). */
  patchInt32(at: number, value: number): void {
    (this.parts[0] ?? this.buffer).writeInt32BE(value, at);
  }

  /** All that was written, in order. The writer must not be used afterwards. */
  finish(): Buffer[] {
    this.flush();
    return this.parts;
  }
}
