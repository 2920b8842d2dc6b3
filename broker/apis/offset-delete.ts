/** Forgets committed offsets, unless a member of the group is subscribed to the topic. */
import { ErrorCode } from '../errors.ts';
import { subscribedTopics } from '../groups/subscription.ts';
import { array, int16, int32, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const offsetDelete = defineApi({
  key: 47,
  name: 'OffsetDelete',
  versions: [0, 0],
  flexibleSince: Infinity,
  request: {
    groupId: string(),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
      }),
    }),
  },
  response: {
    errorCode: int16(),
    throttleTimeMs: int32({ default: 0 }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  },
  handle(request, { services }) {
    const group = services.groups.find(request.groupId);
    if (group === undefined) return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, topics: [] };
    const subscribed = subscribedTopics(group);
    const topics = request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => {
        if (services.catalog.named(name)?.logs[partitionIndex] === undefined)
          return { partitionIndex, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
        if (subscribed.has(name)) return { partitionIndex, errorCode: ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC };
        services.groups.offsets.remove(request.groupId, [{ topic: name, partition: partitionIndex }]);
        return { partitionIndex, errorCode: ErrorCode.NONE };
      }),
    }));
    return { errorCode: ErrorCode.NONE, topics };
  },
  diskRefused: ErrorCode.COORDINATOR_NOT_AVAILABLE,
  refuse: (_request, errorCode) => ({ errorCode, topics: [] }),
});
