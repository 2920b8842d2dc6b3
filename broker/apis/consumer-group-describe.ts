/** What groups of the new protocol are doing, and who is in them. */
import type { Catalog } from '../catalog/catalog.ts';
import { ErrorCode } from '../errors.ts';
import type { ConsumerGroup } from '../groups/consumer-group.ts';
import { byTopic } from '../groups/consumer-member.ts';
import { GROUP_OPERATIONS, NOT_ASKED } from './operations.ts';
import { array, bool, int16, int32, int8, string, struct, uuid } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const consumerGroupDescribe = defineApi({
  key: 69,
  name: 'ConsumerGroupDescribe',
  versions: [0, 1],
  flexibleSince: 0,
  request: {
    groupIds: array(string()),
    includeAuthorizedOperations: bool(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    groups: array({
      errorCode: int16(),
      errorMessage: string({ nullable: 0, default: null }),
      groupId: string(),
      groupState: string(),
      groupEpoch: int32(),
      assignmentEpoch: int32(),
      assignorName: string(),
      members: array({
        memberId: string(),
        instanceId: string({ nullable: 0, default: null }),
        rackId: string({ nullable: 0, default: null }),
        memberEpoch: int32(),
        clientId: string(),
        clientHost: string(),
        subscribedTopicNames: array(string()),
        subscribedTopicRegex: string({ nullable: 0, default: null }),
        assignment: struct({
          topicPartitions: array({
            topicId: uuid(),
            topicName: string(),
            partitions: array(int32()),
          }),
        }),
        targetAssignment: struct({
          topicPartitions: array({
            topicId: uuid(),
            topicName: string(),
            partitions: array(int32()),
          }),
        }),
        memberType: int8({ since: 1, default: -1 }),
      }),
      authorizedOperations: int32({ default: -2147483648 }),
    }),
  },
  handle(request, { services }) {
    const operations = request.includeAuthorizedOperations ? GROUP_OPERATIONS : NOT_ASKED;
    return {
      groups: request.groupIds.map((groupId) => {
        const group = services.groups.find(groupId);
        if (group?.kind !== 'consumer') return unknown(groupId, ErrorCode.GROUP_ID_NOT_FOUND);
        return { ...describe(group, services.catalog), authorizedOperations: operations };
      }),
    };
  },
  refuse: (request, errorCode) => ({ groups: request.groupIds.map((groupId) => unknown(groupId, errorCode)) }),
});

const unknown = (groupId: string, errorCode: number) => ({
  errorCode,
  errorMessage: `Group ${groupId} is not a consumer group.`,
  groupId,
  groupState: 'Dead',
  groupEpoch: 0,
  assignmentEpoch: 0,
  assignorName: '',
  members: [],
});

const named = (keys: ReadonlySet<string>, catalog: Catalog) => ({
  topicPartitions: byTopic(keys).map((one) => ({ ...one, topicName: catalog.withId(one.topicId)?.name ?? '' })),
});

/** MemberType in ConsumerGroupDescribe: by which protocol a member speaks. */
const CLASSIC = 0;
const CONSUMER = 1;

const describe = (group: ConsumerGroup, catalog: Catalog) => ({
  errorCode: ErrorCode.NONE,
  groupId: group.groupId,
  groupState: group.phase,
  groupEpoch: group.epoch,
  assignmentEpoch: group.assignmentEpoch,
  assignorName: group.assignor,
  members: [...group.members.values()].map((member) => ({
    memberId: member.memberId,
    instanceId: member.instanceId,
    rackId: member.rackId,
    memberEpoch: member.epoch,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopicNames: member.topicNames,
    subscribedTopicRegex: member.topicRegex?.text ?? null,
    assignment: named(member.assigned, catalog),
    targetAssignment: named(member.target, catalog),
    memberType: member.classic === undefined ? CONSUMER : CLASSIC,
  })),
});
