/** Creates topics. There is one broker, so that the only replication factor is 1. */
import { newTopicId, refuse, type Refusal } from '../catalog/catalog.ts';
import { configOf, unset, type Setting } from '../catalog/topic-config.ts';
import { NODE_ID, type Services } from '../context.ts';
import { ErrorCode } from '../errors.ts';
import { TIMED_OUT } from './operations.ts';
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
    if (request.timeoutMs <= 0) return refuseAll(request.topics, TIMED_OUT);
    const topics = [...Map.groupBy(request.topics, ({ name }) => name)].map(([name, ones]) =>
      ones.length > 1 ? failed(name, DUPLICATE) : create(services, ones[0]!, request.validateOnly),
    );
    return { topics };
  },
  refuse: (request, errorCode) => refuseAll(request.topics, refuse(errorCode, '')),
});

interface WantedTopic {
  readonly name: string;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly assignments: readonly { readonly partitionIndex: number; readonly brokerIds: readonly number[] }[];
  readonly configs: readonly Setting[];
}

const failed = (name: string, { errorCode, message }: Refusal) => ({
  name,
  topicId: ZERO_UUID,
  errorCode,
  errorMessage: message,
  configs: [],
});

const refuseAll = (topics: readonly { readonly name: string }[], refusal: Refusal) => ({
  topics: topics.map(({ name }) => failed(name, refusal)),
});

const DUPLICATE = refuse(ErrorCode.INVALID_REQUEST, 'Duplicate topic name.');

const checkReplicas = ({ assignments, numPartitions, replicationFactor }: WantedTopic): Refusal | undefined => {
  if (assignments.length === 0)
    return replicationFactor === -1 || replicationFactor === 1
      ? undefined
      : refuse(
          ErrorCode.INVALID_REPLICATION_FACTOR,
          `Unable to replicate the partition ${replicationFactor} time(s): 1 broker is registered.`,
        );
  const [given] = Object.entries({ replicationFactor, numPartitions }).filter(([, value]) => value !== -1);
  if (given !== undefined)
    return refuse(
      ErrorCode.INVALID_REQUEST,
      `A manual partition assignment was specified, but ${given[0]} was not set to -1.`,
    );
  const isHere = assignments.every(
    ({ partitionIndex, brokerIds }) =>
      partitionIndex < assignments.length && brokerIds.length === 1 && brokerIds[0] === NODE_ID,
  );
  return isHere
    ? undefined
    : refuse(
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        `All partitions must be assigned to broker ${NODE_ID}, the only one.`,
      );
};

const checkValues = ({ configs }: WantedTopic): Refusal | undefined => {
  const names = unset(configs);
  if (names.length === 0) return undefined;
  return refuse(ErrorCode.INVALID_CONFIG, `Null value not supported for topic configs: ${names.join(',')}`);
};

const create = ({ catalog, settings }: Services, wanted: WantedTopic, validateOnly: boolean) => {
  const { name } = wanted;
  const asked = wanted.assignments.length > 0 ? wanted.assignments.length : wanted.numPartitions;
  const numPartitions = asked === -1 ? settings.defaultPartitions : asked;
  const config = configOf(wanted.configs);
  const refusal = catalog.checkNew(name, numPartitions, config) ?? checkValues(wanted) ?? checkReplicas(wanted);
  if (refusal !== undefined) return failed(name, refusal);
  const result = validateOnly ? undefined : catalog.create(name, numPartitions, config);
  if (result?.kind === 'refused') return failed(name, result);
  return {
    name,
    topicId: result?.topic.id ?? newTopicId(),
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
