/** Offsets by time: the first, the last, the newest timestamp, or the first record at or after a time. */
import type { Context } from '../context.ts';
import { ErrorCode } from '../errors.ts';
import { LEADER_EPOCH } from '../log/partition-log.ts';
import { EARLIEST, EARLIEST_LOCAL, LATEST, LATEST_TIERED, lookUpOffset, MAX_TIMESTAMP } from '../log/lookup.ts';
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
  handle: (request, context) => ({
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: [...Map.groupBy(partitions, (one) => one.partitionIndex)].map(([partitionIndex, ones]) => ({
        partitionIndex,
        ...find(context, name, ones, request.isolationLevel === 1),
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

/** From which version on each special time is known. */
const SPECIAL_TIMES = new Map([
  [LATEST, 1],
  [EARLIEST, 1],
  [MAX_TIMESTAMP, 7],
  [EARLIEST_LOCAL, 8],
  [LATEST_TIERED, 9],
]);

const isTimeKnown = (timestamp: number, version: number): boolean =>
  timestamp >= 0 || version >= (SPECIAL_TIMES.get(timestamp) ?? Infinity);

interface Wanted {
  readonly partitionIndex: number;
  readonly currentLeaderEpoch: number;
  readonly timestamp: number;
}

/** The offset that is asked of a partition; more than one question about it is refused. */
const find = ({ services, version }: Context, topic: string, ones: readonly Wanted[], committedOnly: boolean) => {
  const { partitionIndex, currentLeaderEpoch, timestamp } = ones[0]!;
  if (ones.length > 1) return { errorCode: ErrorCode.INVALID_REQUEST };
  if (!isTimeKnown(timestamp, version)) return { errorCode: ErrorCode.UNSUPPORTED_VERSION };
  const log = services.catalog.named(topic)?.logs[partitionIndex];
  if (log === undefined) return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
  const errorCode = leaderEpochError(currentLeaderEpoch);
  if (errorCode !== ErrorCode.NONE) return { errorCode };
  const found = lookUpOffset(log, timestamp, committedOnly);
  return { errorCode, ...found, leaderEpoch: found.offset === -1 ? -1 : LEADER_EPOCH };
};
