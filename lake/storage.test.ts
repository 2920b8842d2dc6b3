/** What every storage must do, and the pure part of finding a version in a listing. */
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkpointName, commitName, logSegment } from './log-path.ts';
import type { Storage } from './storage.ts';
import { localStorage } from './storage-local.ts';
import { memoryStorage } from './storage-memory.ts';

const kinds: [string, (root: string) => Storage][] = [
  ['local', (root) => localStorage({ root })],
  ['local, not durable', (root) => localStorage({ root, durable: false })],
  ['memory', memoryStorage],
];

describe.each(kinds)('the %s storage', (_kind, open) => {
  const withStorage = async (check: (storage: Storage) => Promise<void>) => {
    const root = await fs.mkdtemp(path.join(os.tmpdir(), "tiffin storage 'ü-"));
    await check(open(root));
    await fs.rm(root, { recursive: true });
  };

  test('gives a name once, with its time, and the loser changes nothing', () =>
    withStorage(async (storage) => {
      await storage.makeFolder('a/log');
      const results = await Promise.all(
        ['x', 'y', 'z'].map((text) => storage.putIfAbsent('a/log/1', text, 1_700_000_000_123)),
      );
      expect(results.filter(Boolean)).toHaveLength(1);
      const winner = ['x', 'y', 'z'][results.indexOf(true)];
      expect(await storage.read('a/log/1')).toBe(winner);
      expect(await storage.stat('a/log/1')).toMatchObject({ sizeBytes: 1, modifiedMs: 1_700_000_000_123 });
      expect(await storage.list('a/log')).toEqual(['1']);
      expect(await storage.list('a')).toEqual(['log/']);
    }));

  test('replaces and deletes, and what is absent is no error', () =>
    withStorage(async (storage) => {
      await storage.makeFolder('f');
      await storage.put('f/p', 'old');
      await storage.put('f/p', 'new ü');
      expect(await storage.read('f/p')).toBe('new ü');
      await storage.delete('f/p');
      await storage.delete('f/p');
      expect([await storage.read('f/p'), await storage.stat('f/p'), await storage.list('none')]).toEqual([
        undefined,
        undefined,
        [],
      ]);
    }));

  test('shows what was written at its local path', () =>
    withStorage(async (storage) => {
      await storage.makeFolder('f');
      await fs.writeFile(storage.localPath('f/data.tmp'), '12345');
      await storage.sync(['f/data.tmp']);
      await storage.rename('f/data.tmp', 'f/data');
      expect(await storage.stat('f/data')).toMatchObject({ sizeBytes: 5 });
      expect(await storage.list('f')).toEqual(['data']);
    }));
});

const part = (n: number): string => `00000000000000000002.checkpoint.000000000${n}.0000000002.parquet`;

describe('a log segment', () => {
  test('is the newest checkpoint at or before the version, and every commit after it', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.uniqueArray(fc.nat(40)), fc.nat(45), (newest, checkpoints, version) => {
        const present = checkpoints.filter((checkpoint) => checkpoint <= newest);
        const commits = Array.from({ length: newest + 1 }, (_, i) => commitName(i));
        const names = [
          ...present.map(checkpointName),
          ...commits,
          '_last_checkpoint',
          '_tmp_x',
          '00000000000000000001.crc',
        ];
        const segment = logSegment('t', names, version);
        if (version > newest) return segment === undefined;
        const base = Math.max(-1, ...present.filter((checkpoint) => checkpoint <= version));
        expect(segment!.checkpoint?.version ?? -1).toBe(base);
        expect(segment!.commits).toEqual(Array.from({ length: version - base }, (_, i) => base + 1 + i));
        return true;
      }),
    );
  });

  test('takes a checkpoint of several parts only when it has all of them', () => {
    const commits = [0, 1, 2, 3].map(commitName);
    expect(logSegment('t', [part(1), ...commits])).toEqual({ version: 3, commits: [0, 1, 2, 3] });
    expect(logSegment('t', [part(2), part(1), ...commits])).toEqual({
      version: 3,
      commits: [3],
      checkpoint: { version: 2, parts: [part(1), part(2)] },
    });
  });

  test('names the commit that is missing', () => {
    expect(() => logSegment('gold/x', [commitName(0), commitName(2)])).toThrowError(
      expect.objectContaining({ code: 'LAKE_LOG_INCOMPLETE', message: expect.stringContaining('lacks commit 1') }),
    );
  });
});
