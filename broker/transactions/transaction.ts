/**
 * What is known about a transactional id, and which requests may end its transaction. Pure. Semantics: KIP-98, KIP-360
 * (epoch bump by the client), KIP-890 (every end bumps the epoch, so that a late batch cannot join the next transaction).
 */
import { ErrorCode } from '../errors.ts';

export type TransactionPhase =
  | 'Empty'
  | 'Ongoing'
  | 'PrepareCommit'
  | 'PrepareAbort'
  | 'CompleteCommit'
  | 'CompleteAbort';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface ProducerIdentity {
  readonly producerId: number;
  readonly epoch: number;
}

export interface Transaction extends ProducerIdentity {
  /** The epoch before the last bump by the client itself: a repeated InitProducerId carries it. */
  readonly lastEpoch: number;
  /** The id that took the place of this one's predecessor, whose epochs were used up. */
  readonly previousProducerId?: number | undefined;
  /** The id that is to take the place of this one when the transaction has ended. */
  readonly nextProducerId?: number | undefined;
  readonly timeoutMs: number;
  readonly phase: TransactionPhase;
  readonly partitions: readonly TopicPartition[];
  readonly groups: readonly string[];
  /** When the one that is open, or else the last one, began; -1: there was none since the owner was initialised. */
  readonly startedAtMs: number;
  readonly updatedAtMs: number;
}

/** The last epoch that a client is given; one more is for the broker to fence it with. */
export const EPOCH_MAX = 32766;

export const isEnding = ({ phase }: Transaction): boolean => phase === 'PrepareCommit' || phase === 'PrepareAbort';

const samePartition = (a: TopicPartition, b: TopicPartition): boolean =>
  a.topic === b.topic && a.partition === b.partition;

export const hasPartition = (transaction: Transaction, wanted: TopicPartition): boolean =>
  transaction.partitions.some((one) => samePartition(one, wanted));

/** Whether the caller owns the transactional id; the error code if not. */
export const ownerError = (known: Transaction | undefined, claimed: ProducerIdentity): number => {
  if (known === undefined || known.producerId !== claimed.producerId) return ErrorCode.INVALID_PRODUCER_ID_MAPPING;
  return known.epoch === claimed.epoch ? ErrorCode.NONE : ErrorCode.PRODUCER_FENCED;
};

/** decide: its end is decided now; finish: it was decided so before, and is not complete; done: this was asked before. */
export type EndDecision =
  | { readonly kind: 'decide' | 'finish' | 'done' }
  | { readonly kind: 'refused'; readonly errorCode: number };

const refused = (errorCode: number): EndDecision => ({ kind: 'refused', errorCode });

/** What to do about a request to end the transaction. `bumpsEpoch`: the client knows KIP-890 (EndTxn from version 5 on). */
export const decideEnd = (
  known: Transaction | undefined,
  claimed: ProducerIdentity,
  commit: boolean,
  bumpsEpoch: boolean,
): EndDecision => (bumpsEpoch ? decideWithBump(known, claimed, commit) : decidePlain(known, claimed, commit));

const decidePlain = (known: Transaction | undefined, claimed: ProducerIdentity, commit: boolean): EndDecision => {
  const refusal = ownerError(known, claimed);
  if (refusal !== ErrorCode.NONE || known === undefined) return refused(refusal);
  const wanted = commit ? 'Commit' : 'Abort';
  if (known.phase === 'Ongoing') return { kind: 'decide' };
  if (known.phase === `Prepare${wanted}`) return { kind: 'finish' };
  return known.phase === `Complete${wanted}` ? { kind: 'done' } : refused(ErrorCode.INVALID_TXN_STATE);
};

/**
 * A request that carries the epoch before the bump is a repetition; one with the present epoch is about the next
 * transaction, which may be aborted even if nothing was ever added to it.
 */
const decideWithBump = (known: Transaction | undefined, claimed: ProducerIdentity, commit: boolean): EndDecision => {
  if (known === undefined) return refused(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
  const isOfPrevious =
    known.previousProducerId === claimed.producerId && claimed.epoch === EPOCH_MAX && known.epoch === 0;
  if (known.producerId !== claimed.producerId && !isOfPrevious) return refused(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
  const isPresent = known.producerId === claimed.producerId && known.epoch === claimed.epoch;
  const isRepeated = isOfPrevious || known.epoch === claimed.epoch + 1;
  const wanted = commit ? 'Commit' : 'Abort';
  switch (known.phase) {
    case 'Ongoing':
      return isPresent ? { kind: 'decide' } : refused(ErrorCode.PRODUCER_FENCED);
    case 'Empty':
      if (!isPresent) return refused(ErrorCode.PRODUCER_FENCED);
      return commit ? refused(ErrorCode.INVALID_TXN_STATE) : { kind: 'decide' };
    case 'PrepareCommit':
    case 'PrepareAbort':
      if (!isRepeated) return refused(ErrorCode.PRODUCER_FENCED);
      return known.phase === `Prepare${wanted}` ? { kind: 'finish' } : refused(ErrorCode.INVALID_TXN_STATE);
    case 'CompleteCommit':
    case 'CompleteAbort':
      if (isRepeated)
        return known.phase === `Complete${wanted}` ? { kind: 'done' } : refused(ErrorCode.INVALID_TXN_STATE);
      if (!isPresent) return refused(ErrorCode.PRODUCER_FENCED);
      return commit ? refused(ErrorCode.INVALID_TXN_STATE) : { kind: 'decide' };
  }
};
