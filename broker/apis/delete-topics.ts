/** Deletes topics by name or by id, and the offsets that groups have committed for them. */
import type { Services } from '../context.ts';
import { ErrorCode } from '../errors.ts';
import { ZERO_UUID } from '../protocol/fields.ts';
import { array, int16, int32, string, uuid } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const deleteTopics = defineApi({
  key: 20,
  name: 'DeleteTopics',
  versions: [1, 6],
  flexibleSince: 4,
  request: {
    topics: array(
      {
        name: string({ nullable: 6, default: null }),
        topicId: uuid(),
      },
      { since: 6 },
    ),
    topicNames: array(string(), { until: 5 }),
    timeoutMs: int32(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    responses: array({
      name: string({ nullable: 6 }),
      topicId: uuid({ since: 6 }),
      errorCode: int16(),
      errorMessage: string({ since: 5, nullable: 5, default: null }),
    }),
  },
  handle(request, { services }) {
    const wanted = [...request.topics, ...request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }))];
    return { responses: wanted.map(({ name, topicId }) => remove(services, name, topicId)) };
  },
  refuse: (request, errorCode) => ({
    responses: [...request.topics, ...request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }))].map(
      ({ name, topicId }) => ({ name, topicId, errorCode }),
    ),
  }),
});

const remove = ({ catalog, groups }: Services, name: string | null, topicId: string) => {
  const topic = name === null ? catalog.withId(topicId) : catalog.named(name);
  if (topic === undefined) {
    const errorCode = name === null ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    return { name, topicId, errorCode, errorMessage: 'This server does not host this topic-partition.' };
  }
  catalog.delete(topic);
  groups.offsets.removeTopic(topic.name);
  return { name: topic.name, topicId: topic.id, errorCode: ErrorCode.NONE };
};
