/** Moves the start of partitions up: what is before is gone for consumers at once. */
import type { Services } from '../context.ts';
import { ErrorCode } from '../errors.ts';
import { array, int16, int32, int64, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const deleteRecords = defineApi({
  key: 21,
  name: 'DeleteRecords',
  versions: [0, 2],
  flexibleSince: 2,
  request: {
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        offset: int64(),
      }),
    }),
    timeoutMs: int32(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        lowWatermark: int64(),
        errorCode: int16(),
      }),
    }),
  },
  handle: (request, { services }) => ({
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, offset }) => ({
        partitionIndex,
        ...remove(services, name, partitionIndex, offset),
      })),
    })),
  }),
  refuse: (request, errorCode) => ({
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, lowWatermark: -1, errorCode })),
    })),
  }),
});

const remove = ({ catalog }: Services, name: string, partition: number, offset: number) => {
  const topic = catalog.named(name);
  const log = topic?.logs[partition];
  if (log === undefined) return { lowWatermark: -1, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
  if (!topic!.settings.deletes) return { lowWatermark: -1, errorCode: 44 };
  const target = offset === -1 ? log.nextOffset : offset;
  if (target < 0 || target > log.nextOffset) return { lowWatermark: -1, errorCode: ErrorCode.OFFSET_OUT_OF_RANGE };
  if (target > log.startOffset) log.deleteBefore(target);
  return { lowWatermark: log.startOffset, errorCode: ErrorCode.NONE };
};
