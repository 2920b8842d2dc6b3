/**
 * Storage on a local disk. `putIfAbsent` writes a temporary file and gives it its name with link(2), which fails when the name is taken:
 * the commit appears whole or not at all, and of two writers one wins. Where links do not exist (exFAT, some network disks) it falls back
 * to an exclusive open, which is as exclusive but lets a crash leave a torn file.
 */
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { folderOf, nameOf } from './storage.ts';
import type { Storage } from './storage.ts';

export interface LocalStorageOptions {
  root: string;
  /** fsync what is written. Default true. */
  durable?: boolean;
}

export function localStorage({ root, durable = true }: LocalStorageOptions): Storage {
  const local = (file: string) => path.join(root, ...file.split('/'));
  const syncFolder = async (folder: string) => {
    if (durable && process.platform !== 'win32') await syncPath(local(folder), 'r');
  };
  return {
    localPath: local,
    read: (file) => absentIsUndefined(fs.readFile(local(file), 'utf8')),
    stat: async (file) => {
      const info = await absentIsUndefined(fs.stat(local(file)));
      return info && { sizeBytes: info.size, modifiedMs: Math.round(info.mtimeMs) };
    },
    list: async (folder) => {
      const entries = await absentIsUndefined(fs.readdir(local(folder), { withFileTypes: true }));
      return (entries ?? []).map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
    },
    putIfAbsent: async (file, text, modifiedMs) => {
      const temporary = await writeTemporary(local(folderOf(file)), text, { durable, modifiedMs });
      const created = await giveName(temporary, local(file), text);
      if (created) await syncFolder(folderOf(file));
      return created;
    },
    put: async (file, text) => {
      const temporary = await writeTemporary(local(folderOf(file)), text, { durable });
      await fs.rename(temporary, local(file));
      await syncFolder(folderOf(file));
    },
    putScratch: (file, text) => fs.writeFile(local(file), text),
    rename: async (from, to) => {
      await fs.rename(local(from), local(to));
      await syncFolder(folderOf(to));
    },
    delete: (file) => fs.rm(local(file), { force: true }),
    makeFolder: async (folder) => {
      await fs.mkdir(local(folder), { recursive: true });
    },
    sync: async (files) => {
      if (!durable) return;
      await Promise.all(files.map((file) => syncPath(local(file), 'r+')));
      await Promise.all([...new Set(files.map(folderOf))].map(syncFolder));
    },
  };
}

/** Vacuum knows these names by `isTemporary`. */
export const isTemporary = (file: string): boolean => nameOf(file).startsWith('_tmp_');

async function writeTemporary(
  folder: string,
  text: string,
  { durable, modifiedMs }: { durable: boolean; modifiedMs?: number },
): Promise<string> {
  const temporary = path.join(folder, `_tmp_${randomUUID()}`);
  const handle = await fs.open(temporary, 'wx');
  try {
    await handle.writeFile(text);
    if (modifiedMs !== undefined) await handle.utimes(modifiedMs / 1000, modifiedMs / 1000);
    if (durable) await handle.sync();
  } finally {
    await handle.close();
  }
  return temporary;
}

async function giveName(temporary: string, file: string, text: string): Promise<boolean> {
  try {
    await fs.link(temporary, file);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    if (!hasCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'EISDIR')) throw error;
    return await writeExclusively(file, text);
  } finally {
    await fs.rm(temporary, { force: true });
  }
}

async function writeExclusively(file: string, text: string): Promise<boolean> {
  try {
    await fs.writeFile(file, text, { flag: 'wx', flush: true });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

async function syncPath(file: string, flags: string): Promise<void> {
  const handle = await fs.open(file, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function absentIsUndefined<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

const hasCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));
