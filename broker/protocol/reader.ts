/**
 * Reads Kafka's primitive types from one frame. Big-endian; "compact" lengths are unsigned varints of length + 1.
 *
 * Whatever is read stays a view of the frame (no copy). Any read past the end throws MalformedFrame, so a truncated
 * or hostile frame can never be half understood. Source: https://kafka.apache.org/protocol#protocol_types
 */
export class MalformedFrame extends Error {
  readonly code = 'MALFORMED_FRAME';
}

const HIGH = 4294967296;

export class Reader {
  readonly buffer: Buffer;
  position: number;

  constructor(buffer: Buffer, position = 0) {
    this.buffer = buffer;
    this.position = position;
  }

  get remaining(): number {
    return this.buffer.length - this.position;
  }

  /** Moves past `bytes` bytes and returns where they start. */
  private advance(bytes: number): number {
    const at = this.position;
    if (bytes < 0 || at + bytes > this.buffer.length)
      throw new MalformedFrame(`${bytes} bytes are announced at byte ${at} of a frame of ${this.buffer.length}`);
    this.position = at + bytes;
    return at;
  }

  bool(): boolean {
    return this.buffer[this.advance(1)] !== 0;
  }
  int8(): number {
    return this.buffer.readInt8(this.advance(1));
  }
  int16(): number {
    return this.buffer.readInt16BE(this.advance(2));
  }
  uint16(): number {
    return this.buffer.readUInt16BE(this.advance(2));
  }
  int32(): number {
    return this.buffer.readInt32BE(this.advance(4));
  }
  /** Exact up to 2^53, which is more than any offset, timestamp or producer id that this broker hands out. */
  int64(): number {
    const at = this.advance(8);
    return this.buffer.readInt32BE(at) * HIGH + this.buffer.readUInt32BE(at + 4);
  }
  float64(): number {
    return this.buffer.readDoubleBE(this.advance(8));
  }
  uuid(): string {
    const at = this.advance(16);
    return this.buffer.toString('hex', at, at + 16);
  }

  unsignedVarint(): number {
    let value = 0;
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.buffer[this.advance(1)]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new MalformedFrame(`the varint before byte ${this.position} has more than five bytes`);
  }

  bytes(length: number): Buffer {
    const at = this.advance(length);
    return this.buffer.subarray(at, at + length);
  }
  string(length: number): string {
    const at = this.advance(length);
    return this.buffer.toString('utf8', at, at + length);
  }

  /** A length prefix; -1 is null. */
  length16(): number {
    return this.int16();
  }
  length32(): number {
    return this.int32();
  }
  compactLength(): number {
    return this.unsignedVarint() - 1;
  }

  /** Steps over tagged fields whose meaning is unknown here. */
  skipTaggedFields(): void {
    for (let count = this.unsignedVarint(); count > 0; count--) {
      this.unsignedVarint();
      this.bytes(this.unsignedVarint());
    }
  }
}
