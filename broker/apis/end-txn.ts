/** Commits or aborts a transaction: markers into all its partitions, its offsets into their groups. */
import { ErrorCode } from '../errors.ts';
import { fencedCode } from './operations.ts';
import { bool, int16, int32, int64, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const endTxn = defineApi({
  key: 26,
  name: 'EndTxn',
  versions: [0, 5],
  flexibleSince: 3,
  request: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    committed: bool(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    producerId: int64({ since: 5, default: -1 }),
    producerEpoch: int16({ since: 5, default: -1 }),
  },
  handle({ transactionalId, producerId, producerEpoch, committed }, { services, version }) {
    const claimed = { producerId, epoch: producerEpoch };
    const result = services.transactions.end(transactionalId, claimed, committed, version >= 5);
    if (result.kind === 'refused') return { errorCode: fencedCode(result.errorCode, version >= 2) };
    return { errorCode: ErrorCode.NONE, producerId: result.producerId, producerEpoch: result.epoch };
  },
  diskRefused: ErrorCode.COORDINATOR_NOT_AVAILABLE,
  refuse: (_request, errorCode) => ({ errorCode }),
});
