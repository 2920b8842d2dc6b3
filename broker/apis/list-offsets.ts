/** Offsets by time: the first, the last, the newest timestamp, or the first record at or after a time. */
import type { Services } from '../context.ts';
import { ErrorCode } from '../errors.ts';
import { LEADER_EPOCH } from '../log/partition-log.ts';
import { lookUpOffset } from '../log/lookup.ts';
import { leaderEpochError } from './operations.ts';
import { array, int16, int32, int64, int8, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const listOffsets = defineApi({
  key: 2,
  name: 'ListOffsets',
  versions: [1, 10],
  flexibleSince: 6,
  request: {
    replicaId: int32(),
    isolationLevel: int8({ since: 2 }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        currentLeaderEpoch: int32({ since: 4, default: -1 }),
        timestamp: int64(),
      }),
    }),
    timeoutMs: int32({ since: 10 }),
  },
  response: {
    throttleTimeMs: int32({ since: 2, default: 0 }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        timestamp: int64({ default: -1 }),
        offset: int64({ default: -1 }),
        leaderEpoch: int32({ since: 4, default: -1 }),
      }),
    }),
  },
  handle: (request, { services }) => ({
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((wanted) => ({
        partitionIndex: wanted.partitionIndex,
        ...find(services, name, wanted, request.isolationLevel === 1),
      })),
    })),
  }),
  refuse: (request, errorCode) => ({
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  }),
});

const find = (
  services: Services,
  topic: string,
  wanted: { partitionIndex: number; currentLeaderEpoch: number; timestamp: number },
  committedOnly: boolean,
) => {
  const log = services.catalog.named(topic)?.logs[wanted.partitionIndex];
  if (log === undefined) return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
  const errorCode = leaderEpochError(wanted.currentLeaderEpoch);
  if (errorCode !== ErrorCode.NONE) return { errorCode };
  const found = lookUpOffset(log, wanted.timestamp, committedOnly);
  return { errorCode, ...found, leaderEpoch: found.offset === -1 ? -1 : LEADER_EPOCH };
};
