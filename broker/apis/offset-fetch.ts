/** Which offsets groups have committed: one group in old versions, several in new ones. */
import type { Services } from '../context.ts';
import { ErrorCode } from '../errors.ts';
import type { CommittedOffset, OffsetKey } from '../groups/offsets.ts';
import { array, bool, int16, int32, int64, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const offsetFetch = defineApi({
  key: 9,
  name: 'OffsetFetch',
  versions: [1, 9],
  flexibleSince: 6,
  request: {
    groupId: string({ until: 7 }),
    topics: array(
      {
        name: string(),
        partitionIndexes: array(int32()),
      },
      { until: 7, nullable: 2 },
    ),
    groups: array(
      {
        groupId: string(),
        memberId: string({ since: 9, nullable: 9, default: null }),
        memberEpoch: int32({ since: 9, default: -1 }),
        topics: array(
          {
            name: string(),
            partitionIndexes: array(int32()),
          },
          { nullable: 8 },
        ),
      },
      { since: 8 },
    ),
    requireStable: bool({ since: 7, default: false }),
  },
  response: {
    throttleTimeMs: int32({ since: 3, default: 0 }),
    topics: array(
      {
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          committedOffset: int64(),
          committedLeaderEpoch: int32({ since: 5, default: -1 }),
          metadata: string({ nullable: 0 }),
          errorCode: int16(),
        }),
      },
      { until: 7 },
    ),
    errorCode: int16({ since: 2, until: 7, default: 0 }),
    groups: array(
      {
        groupId: string(),
        topics: array({
          name: string(),
          partitions: array({
            partitionIndex: int32(),
            committedOffset: int64(),
            committedLeaderEpoch: int32({ default: -1 }),
            metadata: string({ nullable: 8 }),
            errorCode: int16(),
          }),
        }),
        errorCode: int16({ default: 0 }),
      },
      { since: 8 },
    ),
  },
  handle(request, { services }) {
    const find = (groupId: string, topics: Wanted) => committedIn(services, groupId, topics, request.requireStable);
    const groups = request.groups.map(({ groupId, topics, memberId, memberEpoch }) => {
      const group = memberId === null || memberEpoch < 0 ? undefined : services.groups.find(groupId);
      const errorCode = group?.kind === 'consumer' ? group.checkCommit(memberId!, null, memberEpoch) : ErrorCode.NONE;
      return { groupId, topics: errorCode === ErrorCode.NONE ? find(groupId, topics) : [], errorCode };
    });
    const topics = request.groups.length > 0 ? [] : find(request.groupId, request.topics);
    return { topics, errorCode: ErrorCode.NONE, groups };
  },
  refuse: (request, errorCode) => ({
    topics: [],
    errorCode,
    groups: request.groups.map(({ groupId }) => ({ groupId, topics: [], errorCode })),
  }),
});

type Wanted = readonly { readonly name: string; readonly partitionIndexes: readonly number[] }[] | null;

const describe = (partition: number, found: CommittedOffset | undefined, isPending: boolean) => {
  const known = isPending ? undefined : found;
  return {
    partitionIndex: partition,
    committedOffset: known?.offset ?? -1,
    committedLeaderEpoch: known?.leaderEpoch ?? -1,
    metadata: known?.metadata ?? '',
    errorCode: isPending ? ErrorCode.UNSTABLE_OFFSET_COMMIT : ErrorCode.NONE,
  };
};

/** null: everything that the group has committed. */
const committedIn = ({ groups }: Services, groupId: string, wanted: Wanted, requireStable: boolean) => {
  const { offsets } = groups;
  const isPending = (key: OffsetKey): boolean => requireStable && offsets.isPending(groupId, key);
  const all = Map.groupBy(wanted === null ? offsets.all(groupId) : [], (one) => one.topic);
  const topics = wanted ?? [...all].map(([name, ones]) => ({ name, partitionIndexes: ones.map((o) => o.partition) }));
  return topics.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partition) => {
      const key = { topic: name, partition };
      return describe(partition, offsets.get(groupId, key), isPending(key));
    }),
  }));
};
