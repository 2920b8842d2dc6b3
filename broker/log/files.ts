/**
 * The port through which the broker reaches its disk. The real one is in `node-files.ts`; tests bring one that keeps
 * all in memory and crashes at a chosen write. Writes are synchronous: an append that returned is in the operating
 * system's hands, and so survives a kill of this process.
 */
export interface File {
  /** Reads up to `length` bytes; fewer only at the end of the file. */
  read(into: Buffer, length: number, position: number): number;
  /** As `read`, but without blocking the event loop: for bytes that may have to come from the disk. */
  readCold(into: Buffer, length: number, position: number): Promise<number>;
  write(bytes: Uint8Array, position: number): void;
  truncate(sizeBytes: number): void;
  sync(): void;
  syncInBackground(): Promise<void>;
  close(): void;
}

export interface Files {
  makeDir(path: string): void;
  /** Names in a folder, in no order; empty if there is no such folder. */
  list(path: string): string[];
  /** undefined: no such file */
  sizeBytes(path: string): number | undefined;
  /** Opens for reading and writing; creates what is not there. */
  open(path: string): File;
  /** The size and the free bytes of the file system; undefined: not known. */
  space(path: string): { totalBytes: number; usableBytes: number } | undefined;
  readAll(path: string): Buffer | undefined;
  /**
   * The file has either its old or its new content, whatever happens. Without `flush` that holds for the end of the
   * process only: after a power cut it may be empty.
   */
  replace(path: string, bytes: Uint8Array, flush?: boolean): void;
  rename(from: string, to: string): void;
  /** Removes a file or a folder with all that is in it; what is not there is no error. */
  remove(path: string): void;
}
