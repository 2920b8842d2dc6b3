/** What transactions are doing. */
import { ErrorCode } from '../errors.ts';
import { array, int16, int32, int64, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const describeTransactions = defineApi({
  key: 65,
  name: 'DescribeTransactions',
  versions: [0, 0],
  flexibleSince: 0,
  request: {
    transactionalIds: array(string()),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    transactionStates: array({
      errorCode: int16(),
      transactionalId: string(),
      transactionState: string(),
      transactionTimeoutMs: int32(),
      transactionStartTimeMs: int64(),
      producerId: int64(),
      producerEpoch: int16(),
      topics: array({
        topic: string(),
        partitions: array(int32()),
      }),
    }),
  },
  handle: (request, { services }) => ({
    transactionStates: request.transactionalIds.map((transactionalId) => {
      const known = services.transactions.get(transactionalId);
      if (known === undefined) return unknown(transactionalId, ErrorCode.TRANSACTIONAL_ID_NOT_FOUND);
      const byTopic = Map.groupBy(known.partitions, (one) => one.topic);
      return {
        errorCode: ErrorCode.NONE,
        transactionalId,
        transactionState: known.phase,
        transactionTimeoutMs: known.timeoutMs,
        transactionStartTimeMs: known.startedAtMs,
        producerId: known.producerId,
        producerEpoch: known.epoch,
        topics: [...byTopic].map(([topic, ones]) => ({ topic, partitions: ones.map((one) => one.partition) })),
      };
    }),
  }),
  refuse: (request, errorCode) => ({ transactionStates: request.transactionalIds.map((id) => unknown(id, errorCode)) }),
});

const unknown = (transactionalId: string, errorCode: number) => ({
  errorCode,
  transactionalId,
  transactionState: '',
  transactionTimeoutMs: 0,
  transactionStartTimeMs: -1,
  producerId: -1,
  producerEpoch: -1,
  topics: [],
});
