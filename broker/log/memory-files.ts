/**
 * Files that live in memory and fail on command: the process "is killed" within a chosen write, of which only a part
 * arrives, or the disk is full for a while. What was written before stays, as with a real kill; a power cut leaves only
 * what was flushed.
 */
import { dirname, join } from 'node:path';
import type { File, Files } from './files.ts';

export class Killed extends Error {}

const diskFull = (): Error => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });

class Content {
  bytes = Buffer.alloc(0);
  flushed = Buffer.alloc(0);
  flush(): void {
    this.flushed = Buffer.from(this.bytes);
  }
  write(from: Uint8Array, position: number): void {
    if (position + from.length > this.bytes.length) {
      const larger = Buffer.alloc(position + from.length);
      this.bytes.copy(larger);
      this.bytes = larger;
    }
    this.bytes.set(from, position);
  }
}

export class MemoryFiles implements Files {
  private readonly contents = new Map<string, Content>();
  /** Changes to files until the kill; Infinity: none. */
  changesLeft = Infinity;
  /** Which part of the last write arrives: 0 to 1. */
  lastWritePart = 0;
  isFull = false;
  changes = 0;

  private change(apply: () => void, partly?: (part: number) => void): void {
    if (this.changesLeft <= 0) throw new Killed('the process was killed');
    this.changes++;
    if (--this.changesLeft <= 0) {
      partly?.(this.lastWritePart);
      throw new Killed('the process was killed');
    }
    apply();
  }

  /** A new process on what is left. */
  revive(): void {
    this.changesLeft = Infinity;
  }

  /** The machine goes down: what the system had not written out yet is lost. */
  cutPower(): void {
    for (const content of this.contents.values()) content.bytes = Buffer.from(content.flushed);
  }

  makeDir(): void {
    // Folders are there as soon as a file is in them.
  }
  list(path: string): string[] {
    const inside = [...this.contents.keys()].filter((one) => one.startsWith(join(path, '/')));
    return [...new Set(inside.map((one) => one.slice(join(path, '/').length).split(/[\\/]/)[0]!))];
  }
  sizeBytes(path: string): number | undefined {
    return this.contents.get(path)?.bytes.length;
  }
  space(): undefined {
    return undefined;
  }
  readAll(path: string): Buffer | undefined {
    const content = this.contents.get(path);
    return content === undefined ? undefined : Buffer.from(content.bytes);
  }
  replace(path: string, bytes: Uint8Array, flush = true): void {
    if (this.isFull) throw diskFull();
    this.change(() => {
      const content = this.content(path, true);
      content.write(bytes, 0);
      if (flush) content.flush();
    });
  }
  rename(from: string, to: string): void {
    this.change(() => {
      this.contents.set(to, this.contents.get(from)!);
      this.contents.delete(from);
    });
  }
  remove(path: string): void {
    this.change(() => {
      for (const name of this.contents.keys()) {
        if (name === path || dirname(name).startsWith(path)) this.contents.delete(name);
      }
    });
  }

  private content(path: string, fresh = false): Content {
    let content = fresh ? undefined : this.contents.get(path);
    if (content === undefined) this.contents.set(path, (content = new Content()));
    return content;
  }

  /** Changes one byte of a file, as a bad disk would. */
  damage(path: string, position: number): void {
    const { bytes } = this.content(path);
    bytes[position] = bytes[position]! ^ 0xff;
  }

  open(path: string): File {
    const content = this.content(path);
    const read = (into: Buffer, length: number, position: number): number =>
      content.bytes.copy(into, 0, position, Math.min(content.bytes.length, position + length));
    return {
      read,
      readCold: async (into, length, position) => read(into, length, position),
      write: (bytes, position) => {
        if (this.isFull) {
          content.write(bytes.subarray(0, bytes.length >> 1), position);
          throw diskFull();
        }
        this.change(
          () => content.write(bytes, position),
          (part) => content.write(bytes.subarray(0, Math.floor(bytes.length * part)), position),
        );
      },
      truncate: (sizeBytes) =>
        this.change(() => {
          content.bytes = Buffer.from(content.bytes.subarray(0, sizeBytes));
        }),
      sync: () => content.flush(),
      syncInBackground: async () => content.flush(),
      close: () => undefined,
    };
  }
}
