import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compact } from './compaction.ts';
import { Killed, MemoryFiles } from './memory-files.ts';
import type { PartitionLog } from './partition-log.ts';
import { makeBatch, openLog, readAll, topicSettings } from './testing.ts';

const config = { 'cleanup.policy': 'compact', 'segment.bytes': '600', 'min.cleanable.dirty.ratio': '0.0' };
const settings = topicSettings({ ...config, 'delete.retention.ms': '1000' });

const fill = (log: PartitionLog, records: readonly { key: string; value: string | null }[]): void => {
  for (const record of records) log.append(makeBatch([record]), 0);
  log.roll();
};

/** The newest value of each key: what a reader of the whole log ends up with. */
const table = (records: readonly { key: string | null; value: string | null }[]) => {
  const newest = new Map<string, string | null>();
  for (const { key, value } of records) newest.set(key!, value);
  return newest;
};

const record = fc.record({
  key: fc.constantFrom('a', 'b', 'c', 'd', 'a key that is longer than thirty-two bytes, so that it is digested'),
  value: fc.option(fc.string({ maxLength: 40 }), { freq: 4 }),
});

const by = (producerId: number) => ({ producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true });

describe('compaction', () => {
  test('a reader of the compacted log ends with the same value for each key, at offsets that only grow', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 60 }), fc.nat(40), async (records, killAfter) => {
        const files = new MemoryFiles();
        let log = openLog(files, config);
        fill(log, records);
        files.changesLeft = killAfter === 0 ? Infinity : killAfter;
        try {
          await compact(log, settings, 0);
        } catch (error) {
          if (!(error instanceof Killed)) throw error;
        }
        files.revive();
        log = openLog(files, config);
        await compact(log, settings, 0);
        const got = await readAll(log);
        expect(table(got)).toEqual(table(records));
        expect(got.length).toBe(table(records).size);
        expect(
          got.every(
            (one, at) => records[one.offset]!.key === one.key && (at === 0 || got[at - 1]!.offset < one.offset),
          ),
        ).toBe(true);
        expect(log.nextOffset).toBe(records.length);
      }),
      { numRuns: 150 },
    );
  });

  test('a tombstone stays for delete.retention.ms and goes then', async () => {
    const log = openLog(new MemoryFiles(), config);
    fill(log, [
      { key: 'a', value: '1' },
      { key: 'a', value: null },
      { key: 'b', value: '2' },
    ]);
    await compact(log, settings, 5000);
    expect((await readAll(log)).map((one) => one.key)).toEqual(['a', 'b']);
    await compact(log, settings, 5999);
    expect((await readAll(log)).map((one) => one.key)).toEqual(['a', 'b']);
    await compact(log, settings, 6000);
    expect((await readAll(log)).map((one) => one.key)).toEqual(['b']);
  });

  test('what a transaction aborted is not taken for the newest value, and open transactions are left alone', async () => {
    const log = openLog(new MemoryFiles(), config);
    log.append(makeBatch([{ key: 'a', value: 'kept' }]), 0);
    log.append(makeBatch([{ key: 'a', value: 'aborted' }], 1000, by(1)), 0);
    log.appendMarker(1, 0, { commit: false, coordinatorEpoch: 0 }, 1000);
    log.roll();
    log.append(makeBatch([{ key: 'a', value: 'open' }], 1000, by(2)), 0);
    log.roll();
    await compact(log, settings, 1000);
    const values = (await readAll(log))
      .map((one) => one.value)
      .filter((value) => value === 'kept' || value === 'aborted' || value === 'open');
    expect(values).toEqual(['kept', 'open']);
  });

  test('small neighbours become one segment', async () => {
    const log = openLog(new MemoryFiles(), config);
    fill(
      log,
      Array.from({ length: 100 }, (_, at) => ({ key: 'same', value: `${at} ${'x'.repeat(100)}` })),
    );
    const before = log.segments.length;
    await compact(log, settings, 0);
    await compact(log, settings, 0);
    expect(before).toBeGreaterThan(15);
    expect((await readAll(log)).map((one) => one.offset)).toEqual([99]);
  });
});
