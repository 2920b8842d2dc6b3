/**
 * The sparse index of one segment. An entry of 16 bytes says: at `position` of the segment's file starts the batch with
 * base offset `segment base + relativeOffset`, and all batches before it have timestamps up to `maxTimestampBefore`.
 * Both offsets and time bounds only grow, so the one file serves look-ups by offset and by time, by binary search on
 * disk: an index costs no memory, however long the log. The last entry of a closed segment stands for its end.
 */
import type { File, Files } from './files.ts';

const ENTRY_BYTES = 16;
const PENDING_MAX = 64;
const HIGH = 4294967296;

export interface IndexEntry {
  readonly relativeOffset: number;
  readonly position: number;
  readonly maxTimestampBefore: number;
}

const scratch = Buffer.alloc(ENTRY_BYTES);

const encode = (entry: IndexEntry, into: Buffer, at: number): void => {
  const high = Math.floor(entry.maxTimestampBefore / HIGH);
  into.writeUInt32BE(entry.relativeOffset, at);
  into.writeUInt32BE(entry.position, at + 4);
  into.writeInt32BE(high | 0, at + 8);
  into.writeUInt32BE(entry.maxTimestampBefore - high * HIGH, at + 12);
};

const decode = (from: Buffer): IndexEntry => ({
  relativeOffset: from.readUInt32BE(0),
  position: from.readUInt32BE(4),
  maxTimestampBefore: from.readInt32BE(8) * HIGH + from.readUInt32BE(12),
});

export class IndexFile {
  private readonly file: File;
  /** Entries in the file; those in `pending` come after them. */
  private written: number;
  private pending: IndexEntry[] = [];

  constructor(files: Files, path: string) {
    this.written = Math.floor((files.sizeBytes(path) ?? 0) / ENTRY_BYTES);
    this.file = files.open(path);
  }

  get count(): number {
    return this.written + this.pending.length;
  }

  at(number: number): IndexEntry {
    if (number >= this.written) return this.pending[number - this.written]!;
    const count = this.file.read(scratch, ENTRY_BYTES, number * ENTRY_BYTES);
    if (count < ENTRY_BYTES) throw new Error(`entry ${number} of an index of ${this.written} cannot be read`);
    return decode(scratch);
  }

  last(): IndexEntry | undefined {
    return this.count === 0 ? undefined : this.at(this.count - 1);
  }

  add(entry: IndexEntry): void {
    this.pending.push(entry);
  }

  /** Writes what is pending if there is enough of it, or in any case if `all`. A failed write may be repeated. */
  flush(all = false): void {
    if (this.pending.length === 0 || (!all && this.pending.length < PENDING_MAX)) return;
    const bytes = Buffer.alloc(this.pending.length * ENTRY_BYTES);
    for (const [number, entry] of this.pending.entries()) encode(entry, bytes, number * ENTRY_BYTES);
    this.file.write(bytes, this.written * ENTRY_BYTES);
    this.written += this.pending.length;
    this.pending = [];
  }

  /** Forgets all entries from `number` on. */
  cut(number: number): void {
    if (number < this.written) {
      this.file.truncate(number * ENTRY_BYTES);
      this.written = number;
      this.pending = [];
    } else this.pending.length = number - this.written;
  }

  /** The last entry for which `isBefore` holds; `isBefore` must hold up to some entry and for none after it. */
  lastWhere(isBefore: (entry: IndexEntry) => boolean): IndexEntry | undefined {
    let low = 0;
    let high = this.count;
    let found: IndexEntry | undefined;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.at(middle);
      if (isBefore(entry)) {
        found = entry;
        low = middle + 1;
      } else high = middle;
    }
    return found;
  }

  syncInBackground(): Promise<void> {
    return this.file.syncInBackground();
  }
  close(): void {
    this.file.close();
  }
}
