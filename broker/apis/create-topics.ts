/** Creates topics. There is one broker, so that the only replication factor is 1. */
import { refuse, type Refusal } from '../catalog/catalog.ts';
import { isTopicConfigName, problemOf, type TopicConfig } from '../catalog/topic-config.ts';
import { NODE_ID, type Services } from '../context.ts';
import { ErrorCode } from '../errors.ts';
import { ZERO_UUID } from '../protocol/fields.ts';
import { describeTopicConfig } from '../catalog/describe-config.ts';
import { array, bool, int16, int32, int8, string, uuid } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const createTopics = defineApi({
  key: 19,
  name: 'CreateTopics',
  versions: [2, 7],
  flexibleSince: 5,
  request: {
    topics: array({
      name: string(),
      numPartitions: int32(),
      replicationFactor: int16(),
      assignments: array({
        partitionIndex: int32(),
        brokerIds: array(int32()),
      }),
      configs: array({
        name: string(),
        value: string({ nullable: 0 }),
      }),
    }),
    timeoutMs: int32({ default: 60000 }),
    validateOnly: bool({ default: false }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    topics: array({
      name: string(),
      topicId: uuid({ since: 7 }),
      errorCode: int16(),
      errorMessage: string({ nullable: 0 }),
      topicConfigErrorCode: int16({ since: 5, tag: 0 }),
      numPartitions: int32({ since: 5, default: -1 }),
      replicationFactor: int16({ since: 5, default: -1 }),
      configs: array(
        {
          name: string(),
          value: string({ nullable: 5 }),
          readOnly: bool(),
          configSource: int8({ default: -1 }),
          isSensitive: bool(),
        },
        { since: 5, nullable: 5 },
      ),
    }),
  },
  handle(request, { services }) {
    const counts = Map.groupBy(request.topics, (topic) => topic.name);
    const topics = request.topics.map((wanted) => {
      if (counts.get(wanted.name)!.length > 1)
        return failed(wanted.name, refuse(ErrorCode.INVALID_REQUEST, 'Create topics request has duplicate names.'));
      return create(services, wanted, request.validateOnly);
    });
    return { topics };
  },
  refuse: (request, errorCode) => ({
    topics: request.topics.map(({ name }) => failed(name, { kind: 'refused', errorCode, message: '' })),
  }),
});

interface WantedTopic {
  readonly name: string;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly assignments: readonly { readonly partitionIndex: number; readonly brokerIds: readonly number[] }[];
  readonly configs: readonly { readonly name: string; readonly value: string | null }[];
}

const failed = (name: string, { errorCode, message }: Refusal) => ({
  name,
  topicId: ZERO_UUID,
  errorCode,
  errorMessage: message,
  configs: null,
});

const checkReplicas = (wanted: WantedTopic): Refusal | undefined => {
  if (wanted.assignments.length > 0) {
    const isHere = wanted.assignments.every(
      ({ partitionIndex, brokerIds }) =>
        partitionIndex < wanted.assignments.length && brokerIds.length === 1 && brokerIds[0] === NODE_ID,
    );
    return isHere
      ? undefined
      : refuse(
          ErrorCode.INVALID_REPLICA_ASSIGNMENT,
          `All partitions must be assigned to broker ${NODE_ID}, the only one.`,
        );
  }
  if (wanted.replicationFactor === -1 || wanted.replicationFactor === 1) return undefined;
  return refuse(
    ErrorCode.INVALID_REPLICATION_FACTOR,
    `Unable to replicate the partition ${wanted.replicationFactor} time(s): 1 broker is registered.`,
  );
};

const configOf = (wanted: WantedTopic): TopicConfig | Refusal => {
  for (const { name, value } of wanted.configs) {
    const problem = value === null && isTopicConfigName(name) ? undefined : problemOf(name, value);
    if (problem !== undefined) return refuse(ErrorCode.INVALID_CONFIG, problem);
  }
  return Object.fromEntries(wanted.configs.flatMap(({ name, value }) => (value === null ? [] : [[name, value]])));
};

const isRefusal = (value: TopicConfig | Refusal): value is Refusal => 'kind' in value;

const create = ({ catalog, settings }: Services, wanted: WantedTopic, validateOnly: boolean) => {
  const { name } = wanted;
  const asked = wanted.assignments.length > 0 ? wanted.assignments.length : wanted.numPartitions;
  const numPartitions = asked === -1 ? settings.defaultPartitions : asked;
  const config = configOf(wanted);
  if (isRefusal(config)) return failed(name, config);
  const refusal = catalog.checkNew(name, numPartitions, config) ?? checkReplicas(wanted);
  if (refusal !== undefined) return failed(name, refusal);
  const result = validateOnly ? undefined : catalog.create(name, numPartitions, config);
  if (result?.kind === 'refused') return failed(name, result);
  return {
    name,
    topicId: result?.topic.id ?? ZERO_UUID,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    numPartitions,
    replicationFactor: 1,
    configs: describeTopicConfig(config, catalog.defaults).map((one) => ({
      name: one.name,
      value: one.value,
      readOnly: false,
      configSource: one.source,
      isSensitive: false,
    })),
  };
};
