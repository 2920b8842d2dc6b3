/**
 * The lake's only way to the disk, as a port, so that the log's logic can be tested against crashes.
 *
 * Paths are relative to the lake's root, with forward slashes. Small text files (the log) go through `read` and `put…`; Parquet files are
 * written and read by DuckDB itself at `localPath`, and made durable by `sync`.
 */
export interface FileInfo {
  sizeBytes: number;
  modifiedMs: number;
}

export interface Storage {
  /** The file's text; `undefined` when there is no such file. */
  read(path: string): Promise<string | undefined>;
  stat(path: string): Promise<FileInfo | undefined>;
  /** Names in a folder (folders end with `/`), unsorted; empty when there is no such folder. */
  list(folder: string): Promise<string[]>;
  /** Creates a file durably, all of it or nothing, with that modification time. False when the name is taken. */
  putIfAbsent(path: string, text: string, modifiedMs: number): Promise<boolean>;
  /** Creates or replaces a file: a reader sees the old text or the new one. Only for hints: a power cut may leave it empty. */
  put(path: string, text: string): Promise<void>;
  /** Writes a file that nobody needs after a crash. */
  putScratch(path: string, text: string): Promise<void>;
  /** In order with other changes of names, but not durable by itself. */
  rename(from: string, to: string): Promise<void>;
  /** Deletes a file; one that is absent is fine. */
  delete(path: string): Promise<void>;
  makeFolder(path: string): Promise<void>;
  /** Makes files that DuckDB wrote survive a power cut. */
  sync(paths: string[]): Promise<void>;
  localPath(path: string): string;
}

/** The last part of a path. */
export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The folder of a path; '' for a path without one. */
export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
