/** Which idempotent and transactional producers a partition knows. */
import { ErrorCode } from '../errors.ts';
import { array, int16, int32, int64, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const describeProducers = defineApi({
  key: 61,
  name: 'DescribeProducers',
  versions: [0, 0],
  flexibleSince: 0,
  request: {
    topics: array({
      name: string(),
      partitionIndexes: array(int32()),
    }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string({ nullable: 0, default: null }),
        activeProducers: array({
          producerId: int64(),
          producerEpoch: int32(),
          lastSequence: int32({ default: -1 }),
          lastTimestamp: int64({ default: -1 }),
          coordinatorEpoch: int32(),
          currentTxnStartOffset: int64({ default: -1 }),
        }),
      }),
    }),
  },
  handle: (request, { services }) => ({
    topics: request.topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => {
        const log = services.catalog.named(name)?.logs[partitionIndex];
        const errorCode = log === undefined ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.NONE;
        const activeProducers = [...(log?.producers.byId.values() ?? [])].map((one) => ({
          producerId: one.producerId,
          producerEpoch: one.epoch,
          lastSequence: one.batches.at(-1)?.lastSequence ?? -1,
          lastTimestamp: one.lastTimestampMs,
          coordinatorEpoch: one.coordinatorEpoch,
          currentTxnStartOffset: one.transactionStart,
        }));
        return { partitionIndex, errorCode, activeProducers };
      }),
    })),
  }),
  refuse: (request, errorCode) => ({
    topics: request.topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode, activeProducers: [] })),
    })),
  }),
});
