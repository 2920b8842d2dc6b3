/** Offsets that become visible if and when their transaction commits. */
import { ErrorCode } from '../errors.ts';
import type { Services } from '../context.ts';
import { offsetsToCommit } from './offsets-to-commit.ts';
import { fencedCode } from './operations.ts';
import { array, int16, int32, int64, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const txnOffsetCommit = defineApi({
  key: 28,
  name: 'TxnOffsetCommit',
  versions: [0, 5],
  flexibleSince: 3,
  request: {
    transactionalId: string(),
    groupId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    generationId: int32({ since: 3, default: -1 }),
    memberId: string({ since: 3 }),
    groupInstanceId: string({ since: 3, nullable: 3, default: null }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: int32({ since: 2, default: -1 }),
        committedMetadata: string({ nullable: 0 }),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  },
  handle(request, { services, version }) {
    // Here no version knows PRODUCER_FENCED.
    const errorCode = fencedCode(permitted(services, request, version), false);
    const { topics, accepted } = offsetsToCommit(services, request.topics, errorCode);
    services.groups.offsets.commitPending(request.groupId, request.producerId, accepted);
    return { topics };
  },
  diskRefused: ErrorCode.COORDINATOR_NOT_AVAILABLE,
  refuse: (request, errorCode) => ({
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  }),
});

interface Committing {
  readonly transactionalId: string;
  readonly groupId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

const permitted = ({ transactions, groups }: Services, request: Committing, version: number): number => {
  const { transactionalId, groupId, producerId, producerEpoch, generationId, memberId, groupInstanceId } = request;
  const owner = { producerId, epoch: producerEpoch };
  if (version >= 5) {
    const added = transactions.add(transactionalId, owner, [], [groupId]);
    if (added !== ErrorCode.NONE) return added;
  }
  const refusal = transactions.checkOffsets(transactionalId, owner, groupId);
  if (refusal !== ErrorCode.NONE || generationId < 0) return refusal;
  return groups.find(groupId)?.checkCommit(memberId, groupInstanceId, generationId) ?? ErrorCode.ILLEGAL_GENERATION;
};
