/** Where the records of a leader's epoch end. The one leader here has one epoch for ever. */
import { ErrorCode } from '../errors.ts';
import { LEADER_EPOCH } from '../log/partition-log.ts';
import { leaderEpochError } from './operations.ts';
import { array, int16, int32, int64, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const offsetForLeaderEpoch = defineApi({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: [2, 4],
  flexibleSince: 4,
  request: {
    replicaId: int32({ since: 3, default: -2 }),
    topics: array({
      topic: string(),
      partitions: array({
        partition: int32(),
        currentLeaderEpoch: int32({ default: -1 }),
        leaderEpoch: int32(),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    topics: array({
      topic: string(),
      partitions: array({
        errorCode: int16(),
        partition: int32(),
        leaderEpoch: int32({ default: -1 }),
        endOffset: int64({ default: -1 }),
      }),
    }),
  },
  handle: (request, { services }) => ({
    topics: request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition, currentLeaderEpoch, leaderEpoch }) => {
        const log = services.catalog.named(topic)?.logs[partition];
        if (log === undefined) return { partition, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
        const errorCode = leaderEpochError(currentLeaderEpoch);
        if (errorCode !== ErrorCode.NONE || leaderEpoch !== LEADER_EPOCH) return { partition, errorCode };
        return { partition, errorCode, leaderEpoch: LEADER_EPOCH, endOffset: log.nextOffset };
      }),
    })),
  }),
  refuse: (request, errorCode) => ({
    topics: request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => ({ partition, errorCode })),
    })),
  }),
});
