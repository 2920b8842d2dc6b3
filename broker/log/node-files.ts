/**
 * Files of the real disk. Handles are opened when first used, and the least recently used are closed again beyond a
 * limit, so that thousands of partitions need no more descriptors than a few hundred.
 */
import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from '../errors.ts';
import type { File, Files } from './files.ts';

const OPEN_FILES_MAX = 240;

const isMissing = (error: unknown): boolean => systemCode(error) === 'ENOENT';

class NodeFile implements File {
  private readonly path: string;
  private readonly open: Set<NodeFile>;
  private descriptor = -1;
  private pins = 0;
  private closing = false;

  constructor(path: string, open: Set<NodeFile>) {
    this.path = path;
    this.open = open;
  }

  /** The descriptor, opened if need be; marks the file as the most recently used. */
  private use(): number {
    if (this.descriptor === -1) this.openNow();
    else if (this.open.size > OPEN_FILES_MAX / 2) this.touch();
    return this.descriptor;
  }

  private touch(): void {
    this.open.delete(this);
    this.open.add(this);
  }

  private openNow(): void {
    for (const file of this.open) {
      if (this.open.size < OPEN_FILES_MAX) break;
      if (file.pins === 0) file.release();
    }
    this.descriptor = fs.openSync(this.path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o644);
    this.open.add(this);
  }

  private release(): void {
    if (this.descriptor !== -1) fs.closeSync(this.descriptor);
    this.descriptor = -1;
    this.open.delete(this);
  }

  read(into: Buffer, length: number, position: number): number {
    const descriptor = this.use();
    let done = 0;
    while (done < length) {
      const count = fs.readSync(descriptor, into, done, length - done, position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  async readCold(into: Buffer, length: number, position: number): Promise<number> {
    return this.pinned(
      (descriptor) =>
        new Promise((resolve, reject) => {
          fs.read(descriptor, into, 0, length, position, (error, count) => (error ? reject(error) : resolve(count)));
        }),
    );
  }

  write(bytes: Uint8Array, position: number): void {
    const descriptor = this.use();
    let done = 0;
    while (done < bytes.length) done += fs.writeSync(descriptor, bytes, done, bytes.length - done, position + done);
  }

  truncate(sizeBytes: number): void {
    fs.ftruncateSync(this.use(), sizeBytes);
  }

  sync(): void {
    fs.fdatasyncSync(this.use());
  }

  async syncInBackground(): Promise<void> {
    await this.pinned(
      (descriptor) =>
        new Promise<void>((resolve, reject) => {
          fs.fdatasync(descriptor, (error) => (error ? reject(error) : resolve()));
        }),
    );
  }

  /** Keeps the descriptor open for the time of `work`. */
  private async pinned<T>(work: (descriptor: number) => Promise<T>): Promise<T> {
    this.pins++;
    try {
      return await work(this.use());
    } finally {
      this.pins--;
      if (this.closing && this.pins === 0) this.release();
    }
  }

  close(): void {
    this.closing = true;
    if (this.pins === 0) this.release();
  }
}

export const nodeFiles = (): Files => {
  const open = new Set<NodeFile>();
  return {
    makeDir: (path) => void fs.mkdirSync(path, { recursive: true }),
    list(path) {
      try {
        return fs.readdirSync(path);
      } catch (error) {
        if (isMissing(error)) return [];
        throw error;
      }
    },
    sizeBytes: (path) => fs.statSync(path, { throwIfNoEntry: false })?.size,
    open: (path) => new NodeFile(path, open),
    space(path) {
      const { bsize, blocks, bavail } = fs.statfsSync(path);
      return { totalBytes: bsize * blocks, usableBytes: bsize * bavail };
    },
    readAll(path) {
      try {
        return fs.readFileSync(path);
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    replace(path, bytes, flush = true) {
      fs.mkdirSync(dirname(path), { recursive: true });
      fs.writeFileSync(`${path}.new`, bytes, { flush });
      fs.renameSync(`${path}.new`, path);
    },
    rename: (from, to) => fs.renameSync(from, to),
    remove: (path) => fs.rmSync(path, { recursive: true, force: true, maxRetries: 3 }),
  };
};
