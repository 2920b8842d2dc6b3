/**
 * Storage on a local disk. `putIfAbsent` writes a temporary file and gives it its name with link(2), which fails when the name is taken:
 * the commit appears whole or not at all, and of two writers one wins. Where links do not exist (exFAT, some network disks) it falls back
 * to an exclusive open, which is as exclusive but lets a crash leave a torn file.
 *
 * A commit costs three fsyncs: of its data files, of its own file, and of the log's folder once it has its name. The folders of data files
 * need none: file systems journal names in order, and the log's folder comes last.
 *
 * Calls that a local disk answers from memory are synchronous: handing each to the thread pool costs ten times the call itself, and a small
 * commit is a dozen of them. Only fsync, which waits for the disk, is not.
 */
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { diskFull } from './errors.ts';
import { folderOf, nameOf } from './storage.ts';
import type { Storage } from './storage.ts';

export interface LocalStorageOptions {
  root: string;
  /** fsync what is written. Default true. */
  durable?: boolean;
}

const fsync = promisify(fs.fsync);

/** Open files are limited, and the disk gains nothing from more. */
const SYNCS_AT_ONCE = 16;

export function localStorage({ root, durable = true }: LocalStorageOptions): Storage {
  const local = (file: string) => path.join(root, ...file.split('/'));
  const syncFolder = async (folder: string) => {
    if (durable && process.platform !== 'win32') await syncPath(local(folder), 'r');
  };
  return {
    localPath: local,
    read: async (file) => absentIsUndefined(() => fs.readFileSync(local(file), 'utf8')),
    stat: async (file) => {
      const info = fs.statSync(local(file), { throwIfNoEntry: false });
      return info && { sizeBytes: info.size, modifiedMs: Math.round(info.mtimeMs) };
    },
    list: async (folder) => {
      const entries = absentIsUndefined(() => fs.readdirSync(local(folder), { withFileTypes: true }));
      return (entries ?? []).map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
    },
    putIfAbsent: async (file, text, modifiedMs) => {
      const temporary = await writeTemporary(local(folderOf(file)), text, { durable, modifiedMs });
      const created = giveName(temporary, local(file), text);
      if (created) await syncFolder(folderOf(file));
      return created;
    },
    put: async (file, text) => {
      const temporary = await writeTemporary(local(folderOf(file)), text, { durable: false });
      fs.renameSync(temporary, local(file));
    },
    putScratch: async (file, text) => fs.writeFileSync(local(file), text),
    rename: async (from, to) => fs.renameSync(local(from), local(to)),
    delete: async (file) => fs.rmSync(local(file), { force: true }),
    makeFolder: async (folder) => {
      fs.mkdirSync(local(folder), { recursive: true });
    },
    sync: async (files) => {
      if (!durable) return;
      for (let i = 0; i < files.length; i += SYNCS_AT_ONCE) {
        await Promise.all(files.slice(i, i + SYNCS_AT_ONCE).map((file) => syncPath(local(file), 'r+')));
      }
    },
  };
}

/** Vacuum knows what a crash left behind by its name. */
export const isTemporary = (file: string): boolean => nameOf(file).startsWith('_tmp_');

async function writeTemporary(
  folder: string,
  text: string,
  { durable, modifiedMs }: { durable: boolean; modifiedMs?: number },
): Promise<string> {
  const temporary = path.join(folder, `_tmp_${randomUUID()}`);
  const file = fs.openSync(temporary, 'wx');
  try {
    fs.writeFileSync(file, text);
    if (modifiedMs !== undefined) fs.futimesSync(file, modifiedMs / 1000, modifiedMs / 1000);
    if (durable) await fsync(file);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw diskFull(folder, error) ?? error;
  } finally {
    fs.closeSync(file);
  }
  return temporary;
}

function giveName(temporary: string, file: string, text: string): boolean {
  try {
    fs.linkSync(temporary, file);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    if (!hasCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'EISDIR')) throw error;
    return writeExclusively(file, text);
  } finally {
    fs.rmSync(temporary, { force: true });
  }
}

function writeExclusively(file: string, text: string): boolean {
  try {
    fs.writeFileSync(file, text, { flag: 'wx', flush: true });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

async function syncPath(file: string, flags: string): Promise<void> {
  const handle = fs.openSync(file, flags);
  try {
    await fsync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

function absentIsUndefined<T>(result: () => T): T | undefined {
  try {
    return result();
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

const hasCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));
