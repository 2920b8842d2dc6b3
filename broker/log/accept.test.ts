import { describe, expect, test } from 'vitest';
import { ErrorCode } from '../errors.ts';
import { buildBatch } from '../records/batch.ts';
import { encodeRecords, NO_HEADERS } from '../records/records.ts';
import { accept } from './accept.ts';
import { MemoryFiles } from './memory-files.ts';
import { makeBatch, openLog, topicSettings } from './testing.ts';

const NOW_MS = 1_000_000;
const GZIP = 1;

/** A batch of one record that says what it likes about itself. */
const claiming = (recordCount: number, attributes = 0, records = encodeRecords([recordAt(0)])): Buffer =>
  buildBatch(
    {
      baseOffset: 0,
      lastOffset: recordCount - 1,
      attributes,
      baseTimestamp: NOW_MS,
      maxTimestamp: NOW_MS,
      producerId: -1,
      producerEpoch: -1,
      baseSequence: -1,
      recordCount,
    },
    records,
  );

const recordAt = (timestampDelta: number) => ({
  offsetDelta: 0,
  timestampDelta,
  key: null,
  value: Buffer.from('v'),
  headers: NO_HEADERS,
});

describe('a batch that is not what it says', () => {
  test.each([
    ['more records than there are', claiming(3), {}, ErrorCode.INVALID_RECORD],
    ['fewer', claiming(1, 0, encodeRecords([recordAt(0), recordAt(0)])), {}, ErrorCode.INVALID_RECORD],
    ['no records', claiming(1, 0, Buffer.alloc(0)), {}, ErrorCode.INVALID_RECORD],
    [
      'no gzip, where keys are looked for',
      claiming(1, GZIP),
      { 'cleanup.policy': 'compact' },
      ErrorCode.INVALID_RECORD,
    ],
  ])('%s', (_what, batch, config, errorCode) => {
    const log = openLog(new MemoryFiles(), config);
    expect(accept(log, batch, topicSettings(config), NOW_MS)).toMatchObject({ kind: 'refused', errorCode });
    expect(log.nextOffset).toBe(0);
  });

  test('what is compressed is not looked at elsewhere', () => {
    expect(accept(openLog(new MemoryFiles()), claiming(1, GZIP), topicSettings(), NOW_MS).kind).toBe('appended');
  });
});

describe('the records that are wrong are named', () => {
  test('without a key, on a compacted topic', () => {
    const config = { 'cleanup.policy': 'compact' };
    const batch = makeBatch(['a', null, 'b', null].map((key) => ({ key, value: 'v' })));
    expect(accept(openLog(new MemoryFiles(), config), batch, topicSettings(config), NOW_MS)).toMatchObject({
      errorCode: ErrorCode.INVALID_RECORD,
      recordErrors: [{ batchIndex: 1 }, { batchIndex: 3 }],
    });
  });

  test('out of time', () => {
    const config = { 'message.timestamp.after.max.ms': '10' };
    const attempt = (deltas: number[]) => {
      const maxTimestamp = NOW_MS + Math.max(...deltas);
      const header = { baseOffset: 0, lastOffset: deltas.length - 1, recordCount: deltas.length, attributes: 0 };
      const nobody = { producerId: -1, producerEpoch: -1, baseSequence: -1 };
      const times = { baseTimestamp: NOW_MS, maxTimestamp };
      const batch = buildBatch({ ...header, ...nobody, ...times }, encodeRecords(deltas.map(recordAt)));
      return accept(openLog(new MemoryFiles(), config), batch, topicSettings(config), NOW_MS);
    };
    expect(attempt([10, 0]).kind).toBe('appended');
    expect(attempt([10, 11, 0])).toMatchObject({
      errorCode: ErrorCode.INVALID_TIMESTAMP,
      recordErrors: [{ batchIndex: 1, batchIndexErrorMessage: expect.stringContaining(`Timestamp ${NOW_MS + 11} `) }],
    });
  });

  test('no timestamp is never out of time', () => {
    const config = { 'message.timestamp.before.max.ms': '10' };
    const batch = makeBatch([{ key: 'k', value: 'v' }], -1);
    expect(accept(openLog(new MemoryFiles(), config), batch, topicSettings(config), NOW_MS).kind).toBe('appended');
  });
});
