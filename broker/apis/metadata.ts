/** Which topics there are and who leads their partitions (always this broker). May create what is asked for. */
import { NODE_ID, type Context, type Services } from '../context.ts';
import { nameProblem, type Topic } from '../catalog/catalog.ts';
import { ErrorCode } from '../errors.ts';
import { CLUSTER_OPERATIONS, NOT_ASKED, TOPIC_OPERATIONS } from './operations.ts';
import { ZERO_UUID } from '../protocol/fields.ts';
import { array, bool, int16, int32, string, uuid } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const metadata = defineApi({
  key: 3,
  name: 'Metadata',
  versions: [0, 13],
  flexibleSince: 9,
  request: {
    topics: array(
      {
        topicId: uuid({ since: 10 }),
        name: string({ nullable: 10 }),
      },
      { nullable: 1 },
    ),
    allowAutoTopicCreation: bool({ since: 4, default: true }),
    includeClusterAuthorizedOperations: bool({ since: 8, until: 10 }),
    includeTopicAuthorizedOperations: bool({ since: 8 }),
  },
  response: {
    throttleTimeMs: int32({ since: 3, default: 0 }),
    brokers: array({
      nodeId: int32(),
      host: string(),
      port: int32(),
      rack: string({ since: 1, nullable: 1, default: null }),
    }),
    clusterId: string({ since: 2, nullable: 2, default: null }),
    controllerId: int32({ since: 1, default: -1 }),
    topics: array({
      errorCode: int16(),
      name: string({ nullable: 12 }),
      topicId: uuid({ since: 10 }),
      isInternal: bool({ since: 1, default: false }),
      partitions: array({
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32({ since: 7, default: -1 }),
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        offlineReplicas: array(int32(), { since: 5 }),
      }),
      topicAuthorizedOperations: int32({ since: 8, default: -2147483648 }),
    }),
    clusterAuthorizedOperations: int32({ since: 8, until: 10, default: -2147483648 }),
    errorCode: int16({ since: 13 }),
  },
  handle(request, context) {
    const { services } = context;
    const wantsAll = request.topics === null || (context.version === 0 && request.topics.length === 0);
    const mayCreate = request.allowAutoTopicCreation && services.settings.autoCreateTopics;
    const operations = request.includeTopicAuthorizedOperations ? TOPIC_OPERATIONS : NOT_ASKED;
    const topics = wantsAll
      ? [...services.catalog.all()].map((topic) => describe(topic, operations))
      : request.topics!.map((wanted) => lookUp(services, wanted, mayCreate, operations));
    return { ...cluster(context, request.includeClusterAuthorizedOperations), topics, errorCode: ErrorCode.NONE };
  },
  refuse: (request, errorCode) => ({
    brokers: [],
    topics: (request.topics ?? []).map(({ name, topicId }) => missing(name, topicId, errorCode)),
    errorCode,
  }),
});

const cluster = ({ services, peer }: Context, withOperations: boolean) => ({
  brokers: [{ nodeId: NODE_ID, ...peer.endpoint }],
  clusterId: services.clusterId,
  controllerId: NODE_ID,
  clusterAuthorizedOperations: withOperations ? CLUSTER_OPERATIONS : NOT_ASKED,
});

const describe = (topic: Topic, operations: number) => ({
  errorCode: ErrorCode.NONE,
  name: topic.name,
  topicId: topic.id,
  partitions: topic.logs.map((_, partitionIndex) => ({
    errorCode: ErrorCode.NONE,
    partitionIndex,
    leaderId: NODE_ID,
    leaderEpoch: 0,
    replicaNodes: [NODE_ID],
    isrNodes: [NODE_ID],
    offlineReplicas: [],
  })),
  topicAuthorizedOperations: operations,
});

const missing = (name: string | null, topicId: string, errorCode: number) => ({
  errorCode,
  name,
  topicId,
  partitions: [],
});

const lookUp = (
  services: Services,
  wanted: { name: string | null; topicId: string },
  mayCreate: boolean,
  operations: number,
) => {
  const { catalog, settings } = services;
  if (wanted.name === null || (wanted.name === '' && wanted.topicId !== ZERO_UUID)) {
    const topic = catalog.withId(wanted.topicId);
    return topic === undefined
      ? missing(null, wanted.topicId, ErrorCode.UNKNOWN_TOPIC_ID)
      : describe(topic, operations);
  }
  const known = catalog.named(wanted.name);
  if (known !== undefined) return describe(known, operations);
  if (nameProblem(wanted.name) !== undefined) return missing(wanted.name, ZERO_UUID, ErrorCode.INVALID_TOPIC_EXCEPTION);
  if (!mayCreate) return missing(wanted.name, ZERO_UUID, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  const result = catalog.create(wanted.name, settings.defaultPartitions);
  return result.kind === 'created'
    ? describe(result.topic, operations)
    : missing(wanted.name, ZERO_UUID, result.errorCode);
};
