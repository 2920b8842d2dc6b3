/**
 * Buffers that are used again: for what is read from the log and for large requests. Fresh megabytes for every fetch
 * would keep the garbage collector and the kernel busy and the process large. Sizes are powers of two.
 */
const SMALLEST_BYTES = 16 * 1024;
const LARGEST_BYTES = 4 * 1024 * 1024;
const KEPT_BYTES_MAX = 8 * 1024 * 1024;

export interface PooledBuffer {
  readonly bytes: Buffer;
  /** Gives the buffer back; nobody may look at it afterwards. */
  release(): void;
}

export class BufferPool {
  private readonly free = new Map<number, Buffer[]>();
  private keptBytes = 0;
  /** Bytes handed out and not yet given back: what slow readers hold. */
  usedBytes = 0;

  take(sizeBytes: number): PooledBuffer {
    const classBytes = sizeClass(sizeBytes);
    const bytes = this.free.get(classBytes)?.pop();
    if (bytes !== undefined) this.keptBytes -= classBytes;
    const buffer = bytes ?? Buffer.allocUnsafeSlow(classBytes);
    this.usedBytes += classBytes;
    let released = false;
    return {
      bytes: buffer,
      release: () => {
        if (released) return;
        released = true;
        this.giveBack(buffer);
      },
    };
  }

  private giveBack(buffer: Buffer): void {
    const classBytes = buffer.length;
    this.usedBytes -= classBytes;
    if (classBytes > LARGEST_BYTES || this.keptBytes + classBytes > KEPT_BYTES_MAX) return;
    const kept = this.free.get(classBytes);
    if (kept === undefined) this.free.set(classBytes, [buffer]);
    else kept.push(buffer);
    this.keptBytes += classBytes;
  }
}

const sizeClass = (sizeBytes: number): number => {
  if (sizeBytes > LARGEST_BYTES) return sizeBytes;
  let classBytes = SMALLEST_BYTES;
  while (classBytes < sizeBytes) classBytes *= 2;
  return classBytes;
};
