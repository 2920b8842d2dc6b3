/** Gives a producer its id; for a transactional one fences whoever had it before. */
import { ErrorCode } from '../errors.ts';
import { defineApi } from '../protocol/api.ts';
import { int16, int32, int64, string } from '../protocol/fields.ts';

export const initProducerId = defineApi({
  key: 22,
  name: 'InitProducerId',
  versions: [0, 5],
  flexibleSince: 2,
  request: {
    transactionalId: string({ nullable: 0 }),
    transactionTimeoutMs: int32(),
    producerId: int64({ since: 3, default: -1 }),
    producerEpoch: int16({ since: 3, default: -1 }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    producerId: int64({ default: -1 }),
    producerEpoch: int16(),
  },
  handle(request, { services, version }) {
    const { transactionalId, transactionTimeoutMs, producerId, producerEpoch } = request;
    const claimed = { producerId, epoch: producerEpoch };
    const result = services.transactions.init(transactionalId, transactionTimeoutMs, claimed);
    if (result.kind === 'owner')
      return { errorCode: ErrorCode.NONE, producerId: result.producerId, producerEpoch: result.epoch };
    const isOld = version < 4 && result.errorCode === ErrorCode.PRODUCER_FENCED;
    const errorCode = isOld ? ErrorCode.INVALID_PRODUCER_EPOCH : result.errorCode;
    return { errorCode, producerId: -1, producerEpoch: -1 };
  },
  diskRefused: ErrorCode.COORDINATOR_NOT_AVAILABLE,
  refuse: (_request, errorCode) => ({ errorCode, producerId: -1, producerEpoch: -1 }),
});
