import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ErrorCode } from '../errors.ts';
import { accept } from './accept.ts';
import { lookUpOffset } from './lookup.ts';
import { Killed, MemoryFiles } from './memory-files.ts';
import type { PartitionLog } from './partition-log.ts';
import { retain } from './retention.ts';
import { makeBatch, openLog, readAll, topicSettings, type ReadRecord } from './testing.ts';

type Command =
  | { readonly kind: 'append'; readonly records: number; readonly size: number }
  | { readonly kind: 'roll' }
  | { readonly kind: 'delete before'; readonly part: number }
  | { readonly kind: 'reopen' }
  | { readonly kind: 'kill'; readonly afterChanges: number; readonly lastWritePart: number };

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({ kind: fc.constant('append'), records: fc.integer({ min: 1, max: 4 }), size: fc.nat(200) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'roll' } as const) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('delete before'), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'reopen' } as const) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('kill'),
      afterChanges: fc.integer({ min: 1, max: 12 }),
      lastWritePart: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
) as fc.Arbitrary<Command>;

/** The simplest log that could be: all records in an array, and one idempotent producer that repeats itself. */
class Model {
  records: ReadRecord[] = [];
  sequence = 0;
  /** A batch whose fate is not known, because the process was killed while it was appended. */
  doubtful: { key: string; value: string }[] | undefined;
}

const send = (log: PartitionLog, model: Model, batch: { key: string; value: string }[]) => {
  const by = { producerId: 7, producerEpoch: 0, baseSequence: model.sequence };
  return accept(log, makeBatch(batch, 1000, by), topicSettings(), 2000);
};

const noteSent = (model: Model, batch: { key: string; value: string }[], baseOffset: number): void => {
  batch.forEach((record, at) => model.records.push({ ...record, offset: baseOffset + at }));
  model.sequence += batch.length;
  model.doubtful = undefined;
};

const run = (log: PartitionLog, model: Model, one: Command, number: number): void => {
  if (one.kind === 'append') {
    const value = 'x'.repeat(one.size);
    const batch = model.doubtful ?? Array.from({ length: one.records }, (_, at) => ({ key: `${number}.${at}`, value }));
    model.doubtful = batch;
    const result = send(log, model, batch);
    if (result.kind === 'refused') throw new Error(result.message);
    const baseOffset = result.kind === 'appended' ? result.header.baseOffset : result.baseOffset;
    expect(baseOffset).toBe((model.records.at(-1)?.offset ?? -1) + 1);
    noteSent(model, batch, baseOffset);
  } else if (one.kind === 'roll') log.roll();
  else if (one.kind === 'delete before') {
    const offset = Math.max(log.startOffset, Math.floor(one.part * (model.records.at(-1)?.offset ?? 0)));
    log.deleteBefore(offset);
  }
};

describe('a partition log against a model', () => {
  test('whatever is appended, rolled, deleted, reopened and killed: nothing acknowledged is lost, nothing is twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 60 }), async (commands) => {
        const files = new MemoryFiles();
        const config = { 'segment.bytes': '900' };
        const model = new Model();
        let log = openLog(files, config);
        for (const [number, one] of commands.entries()) {
          try {
            if (one.kind === 'kill') {
              files.changesLeft = one.afterChanges;
              files.lastWritePart = one.lastWritePart;
            } else if (one.kind === 'reopen') {
              log.close();
              log = openLog(files, config);
            } else run(log, model, one, number);
          } catch (error) {
            if (!(error instanceof Killed)) throw error;
            files.revive();
            log = openLog(files, config);
          }
        }
        files.revive();
        const expected = model.records.filter((record) => record.offset >= log.startOffset);
        const got = await readAll(log);
        const lastKnown = model.records.at(-1)?.offset ?? -1;
        expect(got.filter((record) => record.offset <= lastKnown)).toEqual(expected);
        const beyond = got.filter((record) => record.offset > lastKnown);
        const doubtful = model.doubtful?.map((record, at) => ({ ...record, offset: lastKnown + 1 + at }));
        if (beyond.length > 0) expect(beyond).toEqual(doubtful);
      }),
      { numRuns: 300 },
    );
  });
});

const one = (value: string) => [{ key: null, value }];

describe('a partition log', () => {
  test('rolling an empty segment changes nothing, so that deleting before it takes no later record', async () => {
    const log = openLog(new MemoryFiles());
    log.roll();
    log.append(makeBatch(one('kept')), 0);
    log.deleteBefore(0);
    expect(log.segments.length).toBe(1);
    expect((await readAll(log)).map((record) => record.value)).toEqual(['kept']);
  });

  test('an unfinished write at the end is cut off at start, and said so', async () => {
    const files = new MemoryFiles();
    const log = openLog(files);
    log.append(makeBatch(one('whole')), 0);
    files.changesLeft = 1;
    files.lastWritePart = 0.7;
    expect(() => log.append(makeBatch(one('torn')), 0)).toThrow(Killed);
    files.revive();
    const warnings: string[] = [];
    const again = openLog(files, {}, warnings);
    expect((await readAll(again)).map((record) => record.value)).toEqual(['whole']);
    expect(warnings.join()).toMatch(/unfinished write of \d+ bytes/);
    expect(again.append(makeBatch(one('next')), 0).baseOffset).toBe(1);
  });

  test('a damaged batch in a closed segment is taken out, the file kept aside and named, and all else served', async () => {
    const files = new MemoryFiles();
    const log = openLog(files, { 'segment.bytes': '2000' });
    for (let at = 0; at < 100; at++) log.append(makeBatch(one(`value ${at} ${'x'.repeat(50)}`)), 0);
    log.close();
    const closed = log.segments[1]!;
    const damagedAt = closed.locate(closed.baseOffset + 3);
    files.damage(closed.path, damagedAt + 70);
    const warnings: string[] = [];
    const again = openLog(files, { 'segment.bytes': '2000' }, warnings);
    const offsets = (await readAll(again)).map((record) => record.offset);
    const missing = closed.baseOffset + 3;
    expect(offsets).toEqual(Array.from({ length: 100 }, (_, at) => at).filter((at) => at !== missing));
    expect(files.list('/log').some((name) => name.endsWith('.corrupt-1'))).toBe(true);
    expect(warnings.join()).toContain(closed.path);
  });

  test('a damaged length in a segment is stepped over with the help of the index', async () => {
    const files = new MemoryFiles();
    const log = openLog(files, { 'segment.bytes': '100000' });
    for (let at = 0; at < 400; at++) log.append(makeBatch(one(`value ${at} ${'x'.repeat(100)}`)), 0);
    log.roll();
    log.close();
    const closed = log.segments[0]!;
    files.damage(closed.path, closed.locate(10) + 9);
    const again = openLog(files, {});
    expect(again.availableBytes(11, 400)).toBeGreaterThan(0);
    expect(lookUpOffset(again, 1000, false).offset).toBe(0);
    const offsets = (await readAll(again, 0, 100_000)).map((record) => record.offset);
    expect(offsets).toContain(9);
    expect(offsets).not.toContain(10);
    expect(offsets).toContain(399);
    expect(again.nextOffset).toBe(400);
  });

  test('an index that is missing or nonsense is made anew', async () => {
    const files = new MemoryFiles();
    const log = openLog(files, { 'segment.bytes': '3000' });
    for (let at = 0; at < 100; at++) log.append(makeBatch(one('x'.repeat(100))), 0);
    log.close();
    for (const name of files.list('/log').filter((file) => file.endsWith('.index'))) files.remove(`/log/${name}`);
    expect((await readAll(openLog(files, { 'segment.bytes': '3000' }))).length).toBe(100);
  });

  test('while the disk is full appends fail and change nothing; afterwards they go on', async () => {
    const files = new MemoryFiles();
    const log = openLog(files);
    log.append(makeBatch(one('before')), 0);
    files.isFull = true;
    expect(() => log.append(makeBatch(one('lost')), 0)).toThrow(/ENOSPC/);
    expect(log.nextOffset).toBe(1);
    files.isFull = false;
    expect(log.append(makeBatch(one('after')), 0).baseOffset).toBe(1);
    expect((await readAll(openLog(files))).map((record) => record.value)).toEqual(['before', 'after']);
  });

  test.each([
    [1, 7],
    [3, 6],
    [undefined, 0],
  ])('with flush.messages=%s, %i of 7 records are on the disk when the power fails', async (every, kept) => {
    const files = new MemoryFiles();
    const config = every === undefined ? {} : { 'flush.messages': String(every) };
    const log = openLog(files, config);
    for (const value of 'abcdefg') log.append(makeBatch(one(value)), 0);
    files.cutPower();
    const after = openLog(files, config, [], false);
    expect((await readAll(after)).map(({ value }) => value)).toEqual(Array.from('abcdefg').slice(0, kept));
  });

  test('with flush.messages, a segment that was rolled is on the disk too', async () => {
    const files = new MemoryFiles();
    const log = openLog(files, { 'flush.messages': '100' });
    for (const value of 'abc') log.append(makeBatch(one(value)), 0);
    log.roll();
    files.cutPower();
    expect(await readAll(openLog(files, {}, [], false))).toHaveLength(3);
  });

  test('a batch whose own offset is damaged is taken out, though its CRC is right', async () => {
    const files = new MemoryFiles();
    const log = openLog(files);
    for (const value of 'abcdef') log.append(makeBatch(one(value)), 0);
    const sizeBytes = log.sizeBytes / 6;
    log.roll();
    files.damage(log.segments[0]!.path, 2 * sizeBytes + 3);
    const warnings: string[] = [];
    const after = openLog(files, {}, warnings);
    expect((await readAll(after)).map(({ value }) => value)).toEqual(['a', 'b', 'd', 'e', 'f']);
    expect(after.nextOffset).toBe(6);
  });

  test('old segments go by age and by size, never the records that are young', () => {
    const files = new MemoryFiles();
    const config = { 'segment.bytes': '500', 'retention.ms': '1000' };
    const log = openLog(files, config);
    for (let at = 0; at < 20; at++) log.append(makeBatch(one('x'.repeat(100)), at * 100), at * 100);
    retain(log, topicSettings(config), 2500);
    expect(log.startOffset).toBeGreaterThan(0);
    expect(log.startOffset).toBeLessThanOrEqual(15);
    retain(log, topicSettings({ ...config, 'retention.ms': '-1', 'retention.bytes': '600' }), 2500);
    expect(log.sizeBytes).toBeLessThan(600 + 500);
    retain(log, topicSettings(config), 1_000_000);
    expect([log.startOffset, log.nextOffset, log.sizeBytes]).toEqual([20, 20, 0]);
    expect(openLog(files, config).nextOffset).toBe(20);
  });

  test('a segment is closed when it is old enough', () => {
    const log = openLog(new MemoryFiles(), { 'segment.ms': '1000' });
    for (const at of [0, 500, 1600, 1700]) log.append(makeBatch(one('x')), at);
    expect(log.segments.map((segment) => segment.baseOffset)).toEqual([0, 2]);
  });

  test('offsets are found by time across segments', () => {
    const log = openLog(new MemoryFiles(), { 'segment.bytes': '500' });
    for (let at = 0; at < 50; at++) log.append(makeBatch(one('x'.repeat(50)), 1000 + at * 10), 0);
    for (let at = 0; at < 50; at++) {
      expect(lookUpOffset(log, 1000 + at * 10, false)).toEqual({ offset: at, timestamp: 1000 + at * 10 });
      expect(lookUpOffset(log, 1000 + at * 10 - 9, false)).toEqual({ offset: at, timestamp: 1000 + at * 10 });
    }
    expect(lookUpOffset(log, 1491, false)).toEqual({ offset: -1, timestamp: -1 });
    expect(lookUpOffset(log, -3, false)).toEqual({ offset: 49, timestamp: 1490 });
  });

  test('a producer that repeats itself, leaves a gap or was fenced is told so, also after a restart and a roll', () => {
    const files = new MemoryFiles();
    const config = { 'segment.bytes': '400' };
    let log = openLog(files, config);
    const sendOne = (baseSequence: number, producerEpoch = 0) =>
      accept(
        log,
        makeBatch(one('x'.repeat(80)), 1000, { producerId: 3, producerEpoch, baseSequence }),
        topicSettings(),
        0,
      );
    for (let at = 0; at < 10; at++) expect(sendOne(at).kind).toBe('appended');
    for (const reopen of [() => undefined, () => (log = openLog(files, config)), () => log.roll()]) {
      reopen();
      expect(sendOne(7)).toMatchObject({ kind: 'duplicate', baseOffset: 7 });
      expect(sendOne(12)).toMatchObject({ kind: 'refused', errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER });
    }
    expect(sendOne(0, 1).kind).toBe('appended');
    expect(sendOne(10, 0)).toMatchObject({ kind: 'refused', errorCode: ErrorCode.INVALID_PRODUCER_EPOCH });
    log.appendMarker(1, 2, { commit: true, coordinatorEpoch: 0 }, 0);
    expect(sendOne(1, 2)).toMatchObject({ kind: 'refused', errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER });
    expect(sendOne(0, 2).kind).toBe('appended');
  });

  test('open transactions hold back the last stable offset, and aborted ones are listed, also after a restart', () => {
    const files = new MemoryFiles();
    let log = openLog(files);
    const sendOne = (producerId: number, baseSequence: number) =>
      log.append(makeBatch(one('x'), 1000, { producerId, producerEpoch: 0, baseSequence, isTransactional: true }), 0);
    log.append(makeBatch(one('plain')), 0);
    sendOne(1, 0);
    sendOne(2, 0);
    expect(log.lastStableOffset).toBe(1);
    log.appendMarker(1, 0, { commit: false, coordinatorEpoch: 0 }, 0);
    expect(log.lastStableOffset).toBe(2);
    log = openLog(files);
    expect(log.lastStableOffset).toBe(2);
    log.appendMarker(2, 0, { commit: true, coordinatorEpoch: 0 }, 0);
    log = openLog(files);
    expect(log.lastStableOffset).toBe(log.nextOffset);
    expect(log.producers.abortedIn(0, 10)).toEqual([{ producerId: 1, firstOffset: 1, lastOffset: 3 }]);
  });

  test.each([
    ['a wrong CRC', (batch: Buffer) => batch.writeUInt32BE(1, 17), ErrorCode.CORRUPT_MESSAGE],
    ['an older format', (batch: Buffer) => batch.writeInt8(1, 16), ErrorCode.INVALID_RECORD],
    ['an unknown format', (batch: Buffer) => batch.writeInt8(3, 16), ErrorCode.CORRUPT_MESSAGE],
    ['a wrong length', (batch: Buffer) => batch.writeInt32BE(3, 8), ErrorCode.INVALID_RECORD],
  ])('a batch with %s is refused', (_what, damage, errorCode) => {
    const log = openLog(new MemoryFiles());
    const batch = makeBatch(one('x'));
    damage(batch);
    expect(accept(log, batch, topicSettings(), 2000)).toMatchObject({ kind: 'refused', errorCode });
    expect(log.nextOffset).toBe(0);
  });

  test('timestamps of the broker replace those of the producer where the topic wants it', () => {
    const log = openLog(new MemoryFiles());
    const settings = topicSettings({ 'message.timestamp.type': 'LogAppendTime' });
    expect(accept(log, makeBatch(one('x'), 5), settings, 777)).toMatchObject({
      kind: 'appended',
      logAppendTimeMs: 777,
    });
    expect(lookUpOffset(log, 777, false)).toEqual({ offset: 0, timestamp: 777 });
  });
});
