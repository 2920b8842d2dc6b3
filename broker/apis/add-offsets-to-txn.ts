/** A transaction is about to commit offsets of this group. */
import { ErrorCode } from '../errors.ts';
import { fencedCode } from './operations.ts';
import { defineApi } from '../protocol/api.ts';
import { int16, int32, int64, string } from '../protocol/fields.ts';

export const addOffsetsToTxn = defineApi({
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: [0, 4],
  flexibleSince: 3,
  request: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    groupId: string(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
  },
  handle({ transactionalId, producerId, producerEpoch, groupId }, { services, version }) {
    const owner = { producerId, epoch: producerEpoch };
    return { errorCode: fencedCode(services.transactions.add(transactionalId, owner, [], [groupId]), version >= 2) };
  },
  diskRefused: ErrorCode.COORDINATOR_NOT_AVAILABLE,
  refuse: (_request, errorCode) => ({ errorCode }),
});
