import { afterEach, beforeEach, expect, test } from 'vitest';
import { ErrorCode } from '../errors.ts';
import { makeBatch } from '../log/testing.ts';
import { ask } from '../network/raw-client.ts';
import { buildBatch } from '../records/batch.ts';
import { startTestBroker, type TestBroker } from '../testing.ts';
import { createTopics } from './create-topics.ts';
import { initProducerId } from './init-producer-id.ts';
import { produce } from './produce.ts';

const ZSTD = 4;

let port: number;
let end: TestBroker['end'];
beforeEach(async () => {
  const started = await startTestBroker();
  ({ port } = started.broker);
  ({ end } = started);
  const configs = [{ name: 'cleanup.policy', value: 'compact' }];
  const topic = { numPartitions: 1, replicationFactor: 1, assignments: [] };
  const topics = [
    { ...topic, name: 't', configs: [] },
    { ...topic, name: 'compacted', configs },
  ];
  await ask(port, createTopics, 5, { topics, timeoutMs: 5000 });
});
afterEach(() => end());

const send = (version: number, name: string, records: Buffer, transactionalId: string | null = null) => {
  const topicData = [{ name, partitionData: [{ index: 0, records }] }];
  return ask(port, produce, version, { transactionalId, acks: 1, timeoutMs: 5000, topicData });
};
const answer = (expected: object) => ({ responses: [{ partitionResponses: [expected] }] });
const sentence = (text: string) => expect.stringContaining(text);

const keyless = makeBatch([{ key: null, value: 'v' }], Date.now());

/** A batch in another format, compressed in another way, or both. */
const changed = (attributes: number, magic = 2): Buffer => {
  const header = { baseOffset: 0, lastOffset: 0, attributes, recordCount: 1, baseTimestamp: 1, maxTimestamp: 1 };
  const batch = buildBatch({ ...header, producerId: -1, producerEpoch: -1, baseSequence: -1 }, Buffer.alloc(10));
  batch.writeInt8(magic, 16);
  return batch;
};

test.each([
  ['nothing', Buffer.alloc(0), 9, ErrorCode.INVALID_RECORD, 'no record batch'],
  ['less than a header', Buffer.alloc(20), 9, ErrorCode.CORRUPT_MESSAGE, 'shorter'],
  ['format 1', changed(0, 1), 9, ErrorCode.INVALID_RECORD, 'format 1'],
  ['format 3', changed(0, 3), 9, ErrorCode.CORRUPT_MESSAGE, 'format 3'],
  ['records that are none', changed(0), 9, ErrorCode.INVALID_RECORD, 'number of records'],
])('%s is refused', async (_what, records, version, errorCode, text) => {
  expect(await send(version, 't', records)).toMatchObject(answer({ errorCode, errorMessage: sentence(text) }));
});

test('zstd is for version 7 and later', async () => {
  const refusal = { errorCode: ErrorCode.UNSUPPORTED_COMPRESSION_TYPE };
  expect(await send(6, 't', changed(ZSTD))).toMatchObject(answer(refusal));
  expect(await send(7, 't', changed(ZSTD))).toMatchObject(answer({ errorCode: ErrorCode.NONE, baseOffset: 0 }));
});

test('the answer names the records that are wrong', async () => {
  const recordErrors = [{ batchIndex: 0, batchIndexErrorMessage: sentence('key') }];
  const refusal = { errorCode: ErrorCode.INVALID_RECORD, recordErrors };
  expect(await send(9, 'compacted', keyless)).toMatchObject(answer(refusal));
});

test('a transactional batch that may not be appended hears why', async () => {
  const owner = { transactionalId: 'x', transactionTimeoutMs: 5000, producerId: -1, producerEpoch: -1 };
  await ask(port, initProducerId, 4, owner);
  await ask(port, initProducerId, 4, owner);
  const batchOf = (producerId: number, producerEpoch: number): Buffer =>
    makeBatch([{ key: 'k', value: 'v' }], 1, { producerId, producerEpoch, baseSequence: 0, isTransactional: true });
  const attempt = (id: number, epoch: number, transactionalId: string | null = 'x') =>
    send(9, 't', batchOf(id, epoch), transactionalId);
  const fenced = { errorCode: ErrorCode.INVALID_PRODUCER_EPOCH, errorMessage: sentence('epoch') };
  expect(await attempt(0, 0)).toMatchObject(answer(fenced));
  const foreign = { errorCode: ErrorCode.INVALID_PRODUCER_ID_MAPPING, errorMessage: sentence('producer id') };
  expect(await attempt(7, 0)).toMatchObject(answer(foreign));
  const early = { errorCode: ErrorCode.INVALID_TXN_STATE, errorMessage: sentence('open transaction') };
  expect(await attempt(0, 1)).toMatchObject(answer(early));
  const nameless = { errorCode: ErrorCode.INVALID_TXN_STATE, errorMessage: sentence('no transactional id') };
  expect(await attempt(0, 1, null)).toMatchObject(answer(nameless));
});
