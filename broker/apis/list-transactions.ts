/** Which transactional ids there are, filtered by state, producer, age or name. */
import { ErrorCode } from '../errors.ts';
import { compilePattern } from '../pattern.ts';
import { array, int16, int32, int64, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const listTransactions = defineApi({
  key: 66,
  name: 'ListTransactions',
  versions: [0, 2],
  flexibleSince: 0,
  request: {
    stateFilters: array(string()),
    producerIdFilters: array(int64()),
    durationFilter: int64({ since: 1, default: -1 }),
    transactionalIdPattern: string({ since: 2, nullable: 2, default: null }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    unknownStateFilters: array(string()),
    transactionStates: array({
      transactionalId: string(),
      producerId: int64(),
      transactionState: string(),
    }),
  },
  async handle(request, { services }) {
    const { stateFilters, producerIdFilters, durationFilter, transactionalIdPattern } = request;
    const pattern = transactionalIdPattern ? await compilePattern(transactionalIdPattern) : undefined;
    if (pattern?.kind === 'invalid')
      return { errorCode: ErrorCode.INVALID_REGULAR_EXPRESSION, unknownStateFilters: [], transactionStates: [] };
    const nowMs = services.now();
    const transactionStates = [...services.transactions.all()]
      .filter(
        ([id, one]) =>
          (stateFilters.length === 0 || stateFilters.includes(one.phase)) &&
          (producerIdFilters.length === 0 || producerIdFilters.includes(one.producerId)) &&
          (durationFilter < 0 || (one.startedAtMs >= 0 && nowMs - one.startedAtMs >= durationFilter)) &&
          (pattern?.matches(id) ?? true),
      )
      .map(([transactionalId, one]) => ({ transactionalId, producerId: one.producerId, transactionState: one.phase }));
    const unknownStateFilters = stateFilters.filter((one) => !STATES.has(one));
    return { errorCode: ErrorCode.NONE, unknownStateFilters, transactionStates };
  },
  refuse: (_request, errorCode) => ({ errorCode, unknownStateFilters: [], transactionStates: [] }),
});

const STATES = new Set(['Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'CompleteAbort']);
