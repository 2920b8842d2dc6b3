/** A transaction is about to write to these partitions. */
import type { Services } from '../context.ts';
import { ErrorCode } from '../errors.ts';
import { fencedCode } from './operations.ts';
import { array, bool, int16, int32, int64, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const addPartitionsToTxn = defineApi({
  key: 24,
  name: 'AddPartitionsToTxn',
  versions: [0, 5],
  flexibleSince: 3,
  request: {
    transactions: array(
      {
        transactionalId: string(),
        producerId: int64(),
        producerEpoch: int16(),
        verifyOnly: bool({ default: false }),
        topics: array({
          name: string(),
          partitions: array(int32()),
        }),
      },
      { since: 4 },
    ),
    v3AndBelowTransactionalId: string({ until: 3 }),
    v3AndBelowProducerId: int64({ until: 3 }),
    v3AndBelowProducerEpoch: int16({ until: 3 }),
    v3AndBelowTopics: array(
      {
        name: string(),
        partitions: array(int32()),
      },
      { until: 3 },
    ),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16({ since: 4 }),
    resultsByTransaction: array(
      {
        transactionalId: string(),
        topicResults: array({
          name: string(),
          resultsByPartition: array({
            partitionIndex: int32(),
            partitionErrorCode: int16(),
          }),
        }),
      },
      { since: 4 },
    ),
    resultsByTopicV3AndBelow: array(
      {
        name: string(),
        resultsByPartition: array({
          partitionIndex: int32(),
          partitionErrorCode: int16(),
        }),
      },
      { until: 3 },
    ),
  },
  handle(request, { services, version }) {
    const { v3AndBelowTransactionalId: id, v3AndBelowTopics: topics } = request;
    if (version < 4) {
      const owner = { producerId: request.v3AndBelowProducerId, epoch: request.v3AndBelowProducerEpoch };
      const results = add(services, id, owner, topics, false, version);
      return { errorCode: ErrorCode.NONE, resultsByTransaction: [], resultsByTopicV3AndBelow: results };
    }
    const resultsByTransaction = request.transactions.map((one) => {
      const owner = { producerId: one.producerId, epoch: one.producerEpoch };
      const topicResults = add(services, one.transactionalId, owner, one.topics, one.verifyOnly, version);
      return { transactionalId: one.transactionalId, topicResults };
    });
    return { errorCode: ErrorCode.NONE, resultsByTransaction };
  },
  diskRefused: ErrorCode.COORDINATOR_NOT_AVAILABLE,
  refuse: (request, errorCode) => ({
    errorCode,
    resultsByTransaction: [],
    resultsByTopicV3AndBelow: withCode(request.v3AndBelowTopics, () => errorCode),
  }),
});

type Topics = readonly { readonly name: string; readonly partitions: readonly number[] }[];

const withCode = (topics: Topics, codeOf: (topic: string, partition: number) => number) =>
  topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({
      partitionIndex,
      partitionErrorCode: codeOf(name, partitionIndex),
    })),
  }));

/** All partitions or none: one that does not exist makes the others be refused too. */
const add = (
  { catalog, transactions }: Services,
  id: string,
  owner: { producerId: number; epoch: number },
  topics: Topics,
  verifyOnly: boolean,
  version: number,
) => {
  const isKnown = (topic: string, partition: number): boolean => catalog.named(topic)?.logs[partition] !== undefined;
  const wanted = topics.flatMap(({ name, partitions }) => partitions.map((partition) => ({ topic: name, partition })));
  if (!wanted.every(({ topic, partition }) => isKnown(topic, partition)))
    return withCode(topics, (topic, partition) =>
      isKnown(topic, partition) ? ErrorCode.OPERATION_NOT_ATTEMPTED : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    );
  if (verifyOnly) {
    return withCode(topics, (topic, partition) =>
      transactions.checkProduce(id, owner, { topic, partition }, version >= 5),
    );
  }
  const code = fencedCode(transactions.add(id, owner, wanted, []), version >= 2);
  return withCode(topics, () => code);
};
