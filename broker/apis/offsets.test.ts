/** Offsets by time and committed ones, under requests that well-behaved clients do not send. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ErrorCode } from '../errors.ts';
import { ask } from '../network/raw-client.ts';
import { startTestBroker, type TestBroker } from '../testing.ts';
import { createTopics } from './create-topics.ts';
import { listOffsets } from './list-offsets.ts';
import { offsetCommit } from './offset-commit.ts';
import { offsetDelete } from './offset-delete.ts';

let port: number;
let end: TestBroker['end'];
beforeEach(async () => {
  const started = await startTestBroker();
  ({ port } = started.broker);
  ({ end } = started);
  const topic = { name: 't', numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] };
  await ask(port, createTopics, 5, { topics: [topic], timeoutMs: 5000 });
});
afterEach(() => end());

const list = (version: number, partitions: object[]) =>
  ask(port, listOffsets, version, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name: 't', partitions }],
    timeoutMs: 1,
  });

test.each([
  [-1, 1],
  [-2, 1],
  [-3, 7],
  [-4, 8],
  [-5, 9],
  [-6, 11],
  [-7, Infinity],
])('time %i is known from version %i of ListOffsets on', async (timestamp, since) => {
  for (let version = 1; version <= 10; version++) {
    const errorCode = version < since ? ErrorCode.UNSUPPORTED_VERSION : ErrorCode.NONE;
    const answer = await list(version, [{ partitionIndex: 0, timestamp }]);
    expect(answer).toMatchObject({ topics: [{ partitions: [{ partitionIndex: 0, errorCode }] }] });
  }
});

test('ListOffsets refuses a partition that is asked for twice, once', async () => {
  const asked = [0, 1, 0].map((partitionIndex) => ({ partitionIndex, timestamp: -1 }));
  expect(await list(7, asked)).toMatchObject({
    topics: [
      {
        partitions: [
          { partitionIndex: 0, errorCode: ErrorCode.INVALID_REQUEST, offset: -1 },
          { partitionIndex: 1, errorCode: ErrorCode.NONE, offset: 0 },
        ],
      },
    ],
  });
});

test('OffsetDelete tells what is not there from what is', async () => {
  const committed = { partitionIndex: 0, committedOffset: 3, committedMetadata: null };
  const group = { groupId: 'g', generationIdOrMemberEpoch: -1, memberId: '', groupInstanceId: null };
  await ask(port, offsetCommit, 8, { ...group, topics: [{ name: 't', partitions: [committed] }] });
  const partitions = [0, 9].map((partitionIndex) => ({ partitionIndex }));
  const topics = ['t', 'other'].map((name) => ({ name, partitions }));
  const [none, unknown] = [{ errorCode: ErrorCode.NONE }, { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }];
  expect(await ask(port, offsetDelete, 0, { groupId: 'g', topics })).toMatchObject({
    errorCode: ErrorCode.NONE,
    topics: [{ partitions: [none, unknown] }, { partitions: [unknown, unknown] }],
  });
});
