/**
 * For tests: a storage whose log is in memory, and a wrapper that lets any write of a storage fail, before or after it took effect.
 * Parquet files still lie in a folder, as DuckDB cannot write elsewhere; those never synced are lost in `crash`, as in a power cut.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { FileInfo, Storage } from './storage.ts';

export interface MemoryStorage extends Storage {
  /** A power cut: what was not made durable is gone. */
  crash(): void;
}

export function memoryStorage(scratch: string): MemoryStorage {
  const texts = new Map<string, FileInfo & { text: string }>();
  const synced = new Set<string>();
  const local = (file: string) => path.join(scratch, ...file.split('/'));
  const store = (file: string, text: string, modifiedMs: number) =>
    texts.set(file, { text, modifiedMs, sizeBytes: Buffer.byteLength(text) });
  return {
    localPath: local,
    read: async (file) => texts.get(file)?.text,
    stat: async (file) => texts.get(file) ?? statOnDisk(local(file)),
    list: async (folder) => [...new Set([...namesBelow(texts.keys(), folder), ...namesOnDisk(local(folder))])],
    putIfAbsent: async (file, text, modifiedMs) => {
      if (texts.has(file)) return false;
      store(file, text, modifiedMs);
      return true;
    },
    put: async (file, text) => {
      store(file, text, 0);
    },
    putScratch: async (file, text) => fs.writeFileSync(local(file), text),
    rename: async (from, to) => {
      fs.renameSync(local(from), local(to));
      if (synced.delete(from)) synced.add(to);
    },
    delete: async (file) => {
      texts.delete(file);
      fs.rmSync(local(file), { force: true });
    },
    makeFolder: async (folder) => {
      fs.mkdirSync(local(folder), { recursive: true });
    },
    sync: async (files) => {
      for (const file of files) synced.add(file);
    },
    crash: () => {
      for (const file of filesOnDisk(scratch, '')) if (!synced.has(file)) fs.rmSync(local(file));
    },
  };
}

function statOnDisk(file: string): FileInfo | undefined {
  const info = fs.statSync(file, { throwIfNoEntry: false });
  return info && { sizeBytes: info.size, modifiedMs: Math.round(info.mtimeMs) };
}

function* namesBelow(files: Iterable<string>, folder: string): Generator<string> {
  const prefix = folder === '' ? '' : `${folder}/`;
  for (const file of files) {
    if (!file.startsWith(prefix)) continue;
    const [name, ...rest] = file.slice(prefix.length).split('/');
    yield rest.length > 0 ? `${name}/` : name!;
  }
}

const namesOnDisk = (folder: string): string[] =>
  fs.existsSync(folder)
    ? fs
        .readdirSync(folder, { withFileTypes: true })
        .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    : [];

function* filesOnDisk(root: string, folder: string): Generator<string> {
  for (const name of namesOnDisk(path.join(root, folder))) {
    if (name.endsWith('/')) yield* filesOnDisk(root, `${folder}${name}`);
    else yield `${folder}${name}`;
  }
}

/** What happens to the next write: nothing special, an error instead of it, or an error after it. */
export type Fault = 'none' | 'before' | 'after';

export class InjectedFault extends Error {}

/** `next` is asked before each write. */
export function faultyStorage(storage: Storage, next: (operation: string, path: string) => Fault): Storage {
  const guarded = async <T>(operation: string, file: string, action: () => Promise<T>): Promise<T> => {
    const fault = next(operation, file);
    if (fault === 'before') throw new InjectedFault(`${operation} ${file}`);
    const result = await action();
    if (fault === 'after') throw new InjectedFault(`after ${operation} ${file}`);
    return result;
  };
  return {
    ...storage,
    putIfAbsent: (file, text, ms) => guarded('putIfAbsent', file, () => storage.putIfAbsent(file, text, ms)),
    put: (file, text) => guarded('put', file, () => storage.put(file, text)),
    putScratch: (file, text) => guarded('putScratch', file, () => storage.putScratch(file, text)),
    rename: (from, to) => guarded('rename', to, () => storage.rename(from, to)),
    delete: (file) => guarded('delete', file, () => storage.delete(file)),
    makeFolder: (folder) => guarded('makeFolder', folder, () => storage.makeFolder(folder)),
    sync: (files) => guarded('sync', files.join(' '), () => storage.sync(files)),
  };
}
