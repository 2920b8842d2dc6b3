/** Topics and their partitions in pages, for clusters with very many. */
import { NODE_ID } from '../context.ts';
import { ErrorCode } from '../errors.ts';
import { ZERO_UUID } from '../protocol/fields.ts';
import { TOPIC_OPERATIONS } from './operations.ts';
import { page } from './paging.ts';
import { array, bool, int16, int32, string, struct, uuid } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const describeTopicPartitions = defineApi({
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: [0, 0],
  flexibleSince: 0,
  request: {
    topics: array({
      name: string(),
    }),
    responsePartitionLimit: int32({ default: 2000 }),
    cursor: struct(
      {
        topicName: string(),
        partitionIndex: int32(),
      },
      { nullable: 0, default: null },
    ),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    topics: array({
      errorCode: int16(),
      name: string({ nullable: 0 }),
      topicId: uuid(),
      isInternal: bool({ default: false }),
      partitions: array({
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32({ default: -1 }),
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        eligibleLeaderReplicas: array(int32(), { nullable: 0, default: null }),
        lastKnownElr: array(int32(), { nullable: 0, default: null }),
        offlineReplicas: array(int32()),
      }),
      topicAuthorizedOperations: int32({ default: -2147483648 }),
    }),
    nextCursor: struct(
      {
        topicName: string(),
        partitionIndex: int32(),
      },
      { nullable: 0, default: null },
    ),
  },
  handle(request, { services }) {
    const known = [...services.catalog.all()].map((topic) => topic.name);
    const asked = request.topics.length === 0 ? known : request.topics.map(({ name }) => name);
    const limit = Math.max(1, Math.min(request.responsePartitionLimit, 2000));
    const count = (name: string) => services.catalog.named(name)?.logs.length ?? 0;
    const { pages, next } = page([...new Set(asked)].toSorted(), count, request.cursor, limit);
    const topics = pages.map(({ topicName, from, to }) => {
      const topic = services.catalog.named(topicName);
      const indexes = Array.from({ length: to - from }, (_, index) => from + index);
      return {
        errorCode: topic === undefined ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.NONE,
        name: topicName,
        topicId: topic?.id ?? ZERO_UUID,
        partitions: indexes.map((partitionIndex) => ({
          errorCode: ErrorCode.NONE,
          partitionIndex,
          leaderId: NODE_ID,
          leaderEpoch: 0,
          replicaNodes: [NODE_ID],
          isrNodes: [NODE_ID],
          eligibleLeaderReplicas: [],
          lastKnownElr: [],
          offlineReplicas: [],
        })),
        topicAuthorizedOperations: TOPIC_OPERATIONS,
      };
    });
    return { topics, nextCursor: next };
  },
  refuse: (request, errorCode) => ({
    topics: request.topics.map(({ name }) => ({ errorCode, name, topicId: ZERO_UUID, partitions: [] })),
  }),
});
