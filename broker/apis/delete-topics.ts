/** Deletes topics by name or by id, and the offsets that groups have committed for them. */
import { refuse, type Refusal, type Topic } from '../catalog/catalog.ts';
import type { Services } from '../context.ts';
import { ErrorCode } from '../errors.ts';
import { TIMED_OUT } from './operations.ts';
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
    const wanted = wantedOf(request);
    if (request.timeoutMs <= 0) return { responses: wanted.map((one) => refused(one, TIMED_OUT)) };
    const byTopic = Map.groupBy(wanted, (one) => find(services, one)?.id ?? one.name ?? one.topicId);
    return { responses: [...byTopic.values()].map((ones) => remove(services, ones)) };
  },
  refuse: (request, errorCode) => ({ responses: wantedOf(request).map((one) => ({ ...one, errorCode })) }),
});

interface Wanted {
  readonly name: string | null;
  readonly topicId: string;
}

const wantedOf = (request: {
  readonly topics: readonly Wanted[];
  readonly topicNames: readonly string[];
}): Wanted[] => [...request.topics, ...request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }))];

const find = ({ catalog }: Services, { name, topicId }: Wanted): Topic | undefined =>
  name === null ? catalog.withId(topicId) : catalog.named(name);

const refused = (wanted: Wanted, { errorCode, message }: Refusal) => ({ ...wanted, errorCode, errorMessage: message });

/** Removes the topic that all of `ones` mean; none, if there is more than one of them. */
const remove = (services: Services, ones: readonly Wanted[]) => {
  const name = ones.find((one) => one.name !== null)?.name ?? null;
  const topicId = ones.find((one) => one.topicId !== ZERO_UUID)?.topicId ?? ZERO_UUID;
  const wanted = { name, topicId };
  if (ones.length > 1) return refused(wanted, refuse(ErrorCode.INVALID_REQUEST, 'The topic is given more than once.'));
  if (name !== null && topicId !== ZERO_UUID) return refused(wanted, BOTH);
  if (name === null && topicId === ZERO_UUID) return refused(wanted, NEITHER);
  const topic = find(services, wanted);
  if (topic === undefined) return refused(wanted, name === null ? UNKNOWN_ID : UNKNOWN_NAME);
  services.catalog.delete(topic);
  services.groups.offsets.removeTopic(topic.name);
  return { name: topic.name, topicId: topic.id, errorCode: ErrorCode.NONE };
};

const BOTH = refuse(ErrorCode.INVALID_REQUEST, 'You may not specify both topic name and topic id.');
const NEITHER = refuse(ErrorCode.INVALID_REQUEST, 'Neither topic name nor id were specified.');
const UNKNOWN_ID = refuse(ErrorCode.UNKNOWN_TOPIC_ID, 'This server does not host this topic ID.');
const UNKNOWN_NAME = refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'This server does not host this topic-partition.');
