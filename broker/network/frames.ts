/**
 * Cuts a stream of bytes into requests: a 32-bit size, then that many bytes. A request that lies within one chunk is a
 * view of it; a larger one is put together in a pooled buffer. What is certainly no Kafka request is told apart here.
 */
import type { BufferPool, PooledBuffer } from '../log/buffer-pool.ts';

/** A larger buffer is not claimed on the word of the first four bytes alone, but grows with what really comes. */
const CLAIMED_AT_ONCE_BYTES = 1024 * 1024;
/** Not 8, as a request's header has: the tokens of the oldest SASL exchange are frames too. */
const SMALLEST_FRAME_BYTES = 1;

export type FrameProblem = 'http' | 'tls' | 'too large' | 'nonsense';

export interface Frame {
  readonly bytes: Buffer;
  /** Must be called when nobody looks at the bytes any more. */
  release(): void;
}

const nothing = (): void => undefined;
const METHODS = new Set(['GET ', 'HEAD', 'POST', 'PUT ', 'DELE', 'OPTI', 'PATC', 'CONN', 'TRAC', 'PRI ']);

export class FrameCutter {
  private readonly pool: BufferPool;
  private readonly frameBytesMax: number;
  private readonly onFrame: (frame: Frame) => void;
  private readonly head = Buffer.alloc(4);
  private headBytes = 0;
  private body: PooledBuffer | undefined;
  private bodyBytes = 0;
  private expectedBytes = 0;

  constructor(pool: BufferPool, frameBytesMax: number, onFrame: (frame: Frame) => void) {
    this.pool = pool;
    this.frameBytesMax = frameBytesMax;
    this.onFrame = onFrame;
  }

  /** Takes the next bytes; gives out each request that is complete. Says what is wrong if these are no requests. */
  push(chunk: Buffer): FrameProblem | undefined {
    let at = 0;
    while (at < chunk.length) {
      if (this.body !== undefined) {
        at += this.fill(chunk, at);
        continue;
      }
      const headEnd = Math.min(chunk.length, at + 4 - this.headBytes);
      chunk.copy(this.head, this.headBytes, at, headEnd);
      this.headBytes += headEnd - at;
      at = headEnd;
      if (this.headBytes < 4) return undefined;
      const problem = this.problem();
      if (problem !== undefined) return problem;
      at = this.begin(chunk, at);
    }
    return undefined;
  }

  private problem(): FrameProblem | undefined {
    const sizeBytes = this.head.readInt32BE(0);
    if (METHODS.has(this.head.toString('latin1'))) return 'http';
    if (this.head[0] === 0x16 && this.head[1] === 0x03) return 'tls';
    if (sizeBytes < SMALLEST_FRAME_BYTES) return 'nonsense';
    return sizeBytes > this.frameBytesMax ? 'too large' : undefined;
  }

  /** The size is known: gives out the request if it is all there, else begins to collect it. */
  private begin(chunk: Buffer, at: number): number {
    const sizeBytes = this.head.readInt32BE(0);
    this.headBytes = 0;
    const end = at + sizeBytes;
    if (end <= chunk.length) {
      this.onFrame({ bytes: chunk.subarray(at, end), release: nothing });
      return end;
    }
    this.expectedBytes = sizeBytes;
    this.bodyBytes = 0;
    this.body = this.pool.take(Math.min(sizeBytes, CLAIMED_AT_ONCE_BYTES));
    return at;
  }

  private fill(chunk: Buffer, at: number): number {
    const count = Math.min(chunk.length - at, this.expectedBytes - this.bodyBytes);
    this.reserve(this.bodyBytes + count);
    const body = this.body!;
    chunk.copy(body.bytes, this.bodyBytes, at, at + count);
    this.bodyBytes += count;
    if (this.bodyBytes === this.expectedBytes) {
      this.body = undefined;
      this.onFrame({ bytes: body.bytes.subarray(0, this.expectedBytes), release: () => body.release() });
    }
    return count;
  }

  private reserve(sizeBytes: number): void {
    const body = this.body!;
    if (sizeBytes <= body.bytes.length) return;
    const larger = this.pool.take(Math.min(this.expectedBytes, 2 * body.bytes.length));
    body.bytes.copy(larger.bytes, 0, 0, this.bodyBytes);
    body.release();
    this.body = larger;
  }

  close(): void {
    this.body?.release();
    this.body = undefined;
  }
}
