/** Appends record batches. They are stored as they came: checked by CRC and length, not decoded, not copied. */
import type { Context } from '../context.ts';
import { ErrorCode, isStorageError, messageOf } from '../errors.ts';
import type { Topic } from '../catalog/catalog.ts';
import { accept, refused, type Accepted, type Refused } from '../log/accept.ts';
import {
  BATCH_HEADER_BYTES,
  compressionOf,
  isTransactional,
  readBatchHeader,
  type BatchHeader,
} from '../records/batch.ts';
import { array, int16, int32, int64, records, string, struct, uuid } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const produce = defineApi({
  key: 0,
  name: 'Produce',
  versions: [3, 13],
  flexibleSince: 9,
  request: {
    transactionalId: string({ nullable: 3, default: null }),
    acks: int16(),
    timeoutMs: int32(),
    topicData: array({
      name: string({ until: 12 }),
      topicId: uuid({ since: 13 }),
      partitionData: array({
        index: int32(),
        records: records({ nullable: 0 }),
      }),
    }),
  },
  response: {
    responses: array({
      name: string({ until: 12 }),
      topicId: uuid({ since: 13 }),
      partitionResponses: array({
        index: int32(),
        errorCode: int16(),
        baseOffset: int64(),
        logAppendTimeMs: int64({ default: -1 }),
        logStartOffset: int64({ since: 5, default: -1 }),
        recordErrors: array(
          {
            batchIndex: int32(),
            batchIndexErrorMessage: string({ nullable: 8, default: null }),
          },
          { since: 8 },
        ),
        errorMessage: string({ since: 8, nullable: 8, default: null }),
        currentLeader: struct(
          {
            leaderId: int32({ default: -1 }),
            leaderEpoch: int32({ default: -1 }),
          },
          { since: 10, tag: 0 },
        ),
      }),
    }),
    throttleTimeMs: int32({ default: 0 }),
    nodeEndpoints: array(
      {
        nodeId: int32(),
        host: string(),
        port: int32(),
        rack: string({ nullable: 10, default: null }),
      },
      { since: 10, tag: 0 },
    ),
  },
  handle(request, context) {
    const { acks, topicData, transactionalId } = request;
    if (acks !== 0 && acks !== 1 && acks !== -1) return refuseAll(topicData, ErrorCode.INVALID_REQUIRED_ACKS);
    let hasFailed = false;
    const responses = topicData.map(({ name, topicId, partitionData }) => {
      const topic = context.services.catalog.find(name, topicId);
      const partitionResponses = partitionData.map(({ index, records }) => {
        const result =
          topic?.logs[index] === undefined ? unknown(name) : append(topic, index, records, transactionalId, context);
        hasFailed ||= result.kind === 'refused';
        return answerOf(index, result, topic?.logs[index]?.startOffset ?? -1);
      });
      return { name, topicId, partitionResponses };
    });
    if (acks !== 0) return { responses };
    if (hasFailed) context.hangUp();
    return undefined;
  },
  refuse: (request, errorCode) => refuseAll(request.topicData, errorCode),
});

const unknown = (name: string): Refused =>
  name === ''
    ? refused(ErrorCode.UNKNOWN_TOPIC_ID, 'This server does not host this topic ID.')
    : refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'This server does not host this topic-partition.');

const append = (
  topic: Topic,
  partition: number,
  records: Buffer | null,
  transactionalId: string | null,
  context: Context,
): Accepted => {
  if (records === null || records.length === 0)
    return refused(ErrorCode.INVALID_RECORD, 'The request has no record batch for the partition');
  if (records.length < BATCH_HEADER_BYTES)
    return refused(ErrorCode.CORRUPT_MESSAGE, 'The batch is shorter than its header');
  const { services } = context;
  const header = readBatchHeader(records);
  const refusal =
    checkCompression(header, context) ?? checkTransaction(topic.name, partition, header, transactionalId, context);
  if (refusal !== undefined) return refusal;
  try {
    const result = accept(topic.logs[partition]!, records, topic.settings, services.now());
    if (result.kind === 'appended') {
      services.disk.accepted();
      topic.counters.messagesIn += result.header.recordCount;
      topic.counters.bytesIn += records.length;
    }
    return result;
  } catch (error) {
    if (!isStorageError(error)) throw error;
    services.disk.refused(`records for ${topic.name}/${partition}`, error);
    return refused(ErrorCode.KAFKA_STORAGE_ERROR, `The broker's disk refused the write: ${messageOf(error)}`);
  }
};

const ZSTD = 4;
const ZSTD_SINCE = 7;

const checkCompression = (header: BatchHeader, { version }: Context): Refused | undefined =>
  version >= ZSTD_SINCE || compressionOf(header) !== ZSTD
    ? undefined
    : refused(
        ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
        `Produce requests with version ${version} are not allowed to use ZStandard compression`,
      );

const checkTransaction = (
  topic: string,
  partition: number,
  header: BatchHeader,
  transactionalId: string | null,
  { services, version }: Context,
): Refused | undefined => {
  if (!isTransactional(header)) return undefined;
  if (transactionalId === null) return refused(ErrorCode.INVALID_TXN_STATE, 'The request has no transactional id');
  const owner = { producerId: header.producerId, epoch: header.producerEpoch };
  const { transactions } = services;
  const added = version >= 12 ? transactions.add(transactionalId, owner, [{ topic, partition }], []) : ErrorCode.NONE;
  const errorCode =
    added === ErrorCode.NONE
      ? transactions.checkProduce(transactionalId, owner, { topic, partition }, version >= 11)
      : (PRODUCE_CODES.get(added) ?? added);
  return errorCode === ErrorCode.NONE ? undefined : refused(errorCode, TRANSACTION_SENTENCES.get(errorCode) ?? '');
};

const NOT_IN_TRANSACTION = 'The batch does not belong to an open transaction';

const TRANSACTION_SENTENCES = new Map<number, string>([
  [ErrorCode.INVALID_PRODUCER_EPOCH, 'The epoch of the producer is not the present one of its transactional id'],
  [ErrorCode.INVALID_PRODUCER_ID_MAPPING, 'The producer id is not the one that the transactional id has'],
  [ErrorCode.NOT_ENOUGH_REPLICAS, 'The end of the previous transaction is not complete'],
  [ErrorCode.INVALID_TXN_STATE, NOT_IN_TRANSACTION],
  [ErrorCode.TRANSACTION_ABORTABLE, NOT_IN_TRANSACTION],
]);

/** As Apache Kafka translates what the coordinator says, for producers that know fewer codes. */
const PRODUCE_CODES = new Map<number, number>([
  [ErrorCode.PRODUCER_FENCED, ErrorCode.INVALID_PRODUCER_EPOCH],
  [ErrorCode.CONCURRENT_TRANSACTIONS, ErrorCode.NOT_ENOUGH_REPLICAS],
]);

const answerOf = (index: number, result: Accepted, logStartOffset: number) => {
  if (result.kind === 'refused') {
    const { errorCode, message, recordErrors } = result;
    return { index, errorCode, baseOffset: -1, recordErrors, errorMessage: message };
  }
  const baseOffset = result.kind === 'appended' ? result.header.baseOffset : result.baseOffset;
  const { logAppendTimeMs } = result;
  return { index, errorCode: ErrorCode.NONE, baseOffset, logAppendTimeMs, logStartOffset, recordErrors: [] };
};

interface TopicData {
  readonly name: string;
  readonly topicId: string;
  readonly partitionData: readonly { readonly index: number }[];
}

const refuseAll = (topicData: readonly TopicData[], errorCode: number) => ({
  responses: topicData.map(({ name, topicId, partitionData }) => ({
    name,
    topicId,
    partitionResponses: partitionData.map(({ index }) => ({ index, errorCode, baseOffset: -1, recordErrors: [] })),
  })),
});
