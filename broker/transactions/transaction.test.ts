import { describe, expect, test } from 'vitest';
import { ErrorCode } from '../errors.ts';
import { decideEnd, EPOCH_MAX, type ProducerIdentity, type Transaction, type TransactionPhase } from './transaction.ts';

const transaction = (phase: TransactionPhase, change: Partial<Transaction> = {}): Transaction => ({
  producerId: 7,
  epoch: 5,
  lastEpoch: 4,
  timeoutMs: 60_000,
  phase,
  partitions: [],
  groups: [],
  startedAtMs: -1,
  updatedAtMs: 0,
  ...change,
});

const [FENCED, INVALID, MAPPING] = [
  ErrorCode.PRODUCER_FENCED,
  ErrorCode.INVALID_TXN_STATE,
  ErrorCode.INVALID_PRODUCER_ID_MAPPING,
];

const outcome = (known: Transaction, claimed: ProducerIdentity, commit: boolean, bumpsEpoch: boolean) => {
  const decision = decideEnd(known, claimed, commit, bumpsEpoch);
  return decision.kind === 'refused' ? decision.errorCode : decision.kind;
};

/** The tables are those in the comment above `endTransaction` in Apache Kafka's TransactionCoordinator. */
describe('ending a transaction whose epoch is bumped by its end', () => {
  test.each([
    // phase, abort repeated, abort, commit repeated, commit
    ['Ongoing', FENCED, 'decide', FENCED, 'decide'],
    ['Empty', FENCED, 'decide', FENCED, INVALID],
    ['CompleteAbort', 'done', 'decide', INVALID, INVALID],
    ['CompleteCommit', INVALID, 'decide', 'done', INVALID],
    ['PrepareAbort', 'finish', FENCED, INVALID, FENCED],
    ['PrepareCommit', INVALID, FENCED, 'finish', FENCED],
  ] as const)('%s', (phase, ...expected) => {
    const known = transaction(phase);
    const [before, present] = [
      { producerId: 7, epoch: 4 },
      { producerId: 7, epoch: 5 },
    ];
    const cases = [false, true].flatMap((commit) => [before, present].map((claimed) => [claimed, commit] as const));
    expect(cases.map(([claimed, commit]) => outcome(known, claimed, commit, true))).toEqual(expected);
  });

  test('a repetition with the last epoch of the producer id before is known, another id is not', () => {
    const known = transaction('CompleteCommit', { epoch: 0, previousProducerId: 6 });
    expect(outcome(known, { producerId: 6, epoch: EPOCH_MAX }, true, true)).toBe('done');
    expect(outcome(known, { producerId: 6, epoch: EPOCH_MAX - 1 }, true, true)).toBe(MAPPING);
    expect(outcome(known, { producerId: 5, epoch: EPOCH_MAX }, true, true)).toBe(MAPPING);
  });
});

describe('ending a transaction whose epoch stays', () => {
  test.each([
    ['Ongoing', 'decide', 'decide'],
    ['Empty', INVALID, INVALID],
    ['CompleteAbort', 'done', INVALID],
    ['CompleteCommit', INVALID, 'done'],
    ['PrepareAbort', 'finish', INVALID],
    ['PrepareCommit', INVALID, 'finish'],
  ] as const)('%s', (phase, aborted, committed) => {
    const known = transaction(phase);
    expect(outcome(known, known, false, false)).toBe(aborted);
    expect(outcome(known, known, true, false)).toBe(committed);
    expect(outcome(known, { producerId: 7, epoch: 4 }, true, false)).toBe(FENCED);
    expect(outcome(known, { producerId: 8, epoch: 5 }, true, false)).toBe(MAPPING);
  });
});
