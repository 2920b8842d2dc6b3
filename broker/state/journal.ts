/**
 * A small durable map: every change is one checksummed line of JSON appended to a file, which is rewritten when it has
 * grown to several times what it holds. Topics, group offsets and transactions live in journals; an unfinished line at
 * the end is what a kill may leave, and is cut off.
 */
import { isStorageError } from '../errors.ts';
import type { File, Files } from '../log/files.ts';
import { crc32c } from '../records/crc32c.ts';

const REWRITE_BYTES_MIN = 1024 * 1024;
const REWRITE_FACTOR = 4;
const PREFIX_BYTES = 9; // eight hex digits of the line's CRC, and a blank

const encodeLine = (key: string, value: unknown): Buffer => {
  const json = Buffer.from(JSON.stringify([key, value]));
  return Buffer.concat([Buffer.from(`${crc32c(json).toString(16).padStart(8, '0')} `), json, Buffer.from('\n')]);
};

export class Journal<T> {
  private readonly files: Files;
  private readonly path: string;
  private readonly values = new Map<string, T>();
  private readonly lineBytes = new Map<string, number>();
  private file: File;
  private sizeBytes = 0;
  private liveBytes = 0;

  constructor(files: Files, path: string) {
    this.files = files;
    this.path = path;
    this.load(files.readAll(path) ?? Buffer.alloc(0));
    this.file = files.open(path);
    this.file.truncate(this.sizeBytes);
  }

  private load(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at = this.sizeBytes) {
      const end = bytes.indexOf(10, at);
      const crc = Number.parseInt(bytes.toString('latin1', at, at + 8), 16);
      if (end === -1 || crc32c(bytes, at + PREFIX_BYTES, end) !== crc) return;
      const [key, value] = JSON.parse(bytes.toString('utf8', at + PREFIX_BYTES, end)) as [string, T | null];
      this.take(key, value, end + 1 - at);
    }
  }

  private take(key: string, value: T | null, bytes: number): void {
    this.liveBytes -= this.lineBytes.get(key) ?? 0;
    this.sizeBytes += bytes;
    if (value === null) {
      this.values.delete(key);
      this.lineBytes.delete(key);
      return;
    }
    this.values.set(key, value);
    this.lineBytes.set(key, bytes);
    this.liveBytes += bytes;
  }

  get size(): number {
    return this.values.size;
  }
  get(key: string): T | undefined {
    return this.values.get(key);
  }
  entries(): IterableIterator<[string, T]> {
    return this.values.entries();
  }

  set(key: string, value: T): void {
    this.write([[key, value]]);
  }
  delete(key: string): void {
    if (this.values.has(key)) this.write([[key, null]]);
  }

  /** Makes all changes with one write. If it throws, none is made. null deletes. */
  write(changes: readonly (readonly [string, T | null])[]): void {
    if (changes.length === 0) return;
    const lines = changes.map(([key, value]) => encodeLine(key, value));
    try {
      this.file.write(lines.length === 1 ? lines[0]! : Buffer.concat(lines), this.sizeBytes);
    } catch (error) {
      this.file.truncate(this.sizeBytes);
      throw error;
    }
    for (const [number, [key, value]] of changes.entries()) this.take(key, value, lines[number]!.length);
    if (this.sizeBytes > REWRITE_BYTES_MIN && this.sizeBytes > REWRITE_FACTOR * this.liveBytes)
      this.rewriteIfPossible();
  }

  /** The change itself is stored already: where there is no room for a copy, the file just stays long for now. */
  private rewriteIfPossible(): void {
    try {
      this.rewrite();
    } catch (error) {
      if (!isStorageError(error)) throw error;
    }
  }

  private rewrite(): void {
    const lines = [...this.values].map(([key, value]) => encodeLine(key, value));
    this.file.close();
    try {
      this.files.replace(this.path, Buffer.concat(lines));
      this.sizeBytes = this.liveBytes;
    } finally {
      this.file = this.files.open(this.path);
    }
  }

  close(): void {
    this.file.close();
  }
}
