/** A group's offsets become durable. */
import { ErrorCode } from '../errors.ts';
import { offsetsToCommit } from './offsets-to-commit.ts';
import type { Services } from '../context.ts';
import { array, int16, int32, int64, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const offsetCommit = defineApi({
  key: 8,
  name: 'OffsetCommit',
  versions: [2, 9],
  flexibleSince: 8,
  request: {
    groupId: string(),
    generationIdOrMemberEpoch: int32({ default: -1 }),
    memberId: string(),
    groupInstanceId: string({ since: 7, nullable: 7, default: null }),
    retentionTimeMs: int64({ until: 4, default: -1 }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: int32({ since: 6, default: -1 }),
        committedMetadata: string({ nullable: 0 }),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32({ since: 3, default: 0 }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  },
  handle(request, { services, version }) {
    const errorCode = permitted(services, request, version);
    const { topics, accepted } = offsetsToCommit(services, request.topics, errorCode);
    services.groups.offsets.commit(request.groupId, accepted);
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
  readonly groupId: string;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly generationIdOrMemberEpoch: number;
}

/** The empty group id is one like others: old clients commit under it. */
const permitted = ({ groups }: Services, request: Committing, version: number): number => {
  const { groupId, memberId, groupInstanceId, generationIdOrMemberEpoch: generationId } = request;
  const group = groups.find(groupId);
  if (group !== undefined) return group.checkCommit(memberId, groupInstanceId, generationId);
  if (generationId < 0) return ErrorCode.NONE;
  return version >= 9 ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION;
};
