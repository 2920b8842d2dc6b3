/** Adds partitions to topics, while they are in use. */
import { refuse, type Refusal } from '../catalog/catalog.ts';
import { NODE_ID, type Services } from '../context.ts';
import { ErrorCode } from '../errors.ts';
import { TIMED_OUT } from './operations.ts';
import { array, bool, int16, int32, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const createPartitions = defineApi({
  key: 37,
  name: 'CreatePartitions',
  versions: [0, 3],
  flexibleSince: 2,
  request: {
    topics: array({
      name: string(),
      count: int32(),
      assignments: array(
        {
          brokerIds: array(int32()),
        },
        { nullable: 0 },
      ),
    }),
    timeoutMs: int32(),
    validateOnly: bool(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    results: array({
      name: string(),
      errorCode: int16(),
      errorMessage: string({ nullable: 0, default: null }),
    }),
  },
  handle: (request, { services }) => ({
    results: [...Map.groupBy(request.topics, ({ name }) => name)].map(([name, ones]) => {
      const refusal = request.timeoutMs <= 0 ? TIMED_OUT : grow(services, ones, request.validateOnly);
      return { name, errorCode: refusal?.errorCode ?? ErrorCode.NONE, errorMessage: refusal?.message ?? null };
    }),
  }),
  refuse: (request, errorCode) => ({ results: request.topics.map(({ name }) => ({ name, errorCode })) }),
});

interface Wanted {
  readonly name: string;
  readonly count: number;
  readonly assignments: readonly { readonly brokerIds: readonly number[] }[] | null;
}

/** Adds partitions to the topic that is named once. */
const grow = ({ catalog }: Services, ones: readonly Wanted[], validateOnly: boolean): Refusal | undefined => {
  if (ones.length > 1) return refuse(ErrorCode.INVALID_REQUEST, 'Duplicate topic name.');
  const wanted = ones[0]!;
  const topic = catalog.named(wanted.name);
  if (topic === undefined)
    return refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${wanted.name}' does not exist.`);
  const { assignments } = wanted;
  const isHere = assignments?.every(({ brokerIds }) => brokerIds.length === 1 && brokerIds[0] === NODE_ID) ?? true;
  if (!isHere || (assignments !== null && assignments.length !== wanted.count - topic.logs.length))
    return refuse(ErrorCode.INVALID_REPLICA_ASSIGNMENT, `All new partitions must be assigned to broker ${NODE_ID}.`);
  const refusal = catalog.checkGrowth(topic, wanted.count);
  if (refusal === undefined && !validateOnly) catalog.grow(topic, wanted.count);
  return refusal;
};
