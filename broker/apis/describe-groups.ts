/** What groups are doing and who is in them. */
import type { ClassicGroup } from '../groups/classic-group.ts';
import { ErrorCode } from '../errors.ts';
import { GROUP_OPERATIONS, NOT_ASKED } from './operations.ts';
import { array, bool, bytes, int16, int32, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const describeGroups = defineApi({
  key: 15,
  name: 'DescribeGroups',
  versions: [0, 6],
  flexibleSince: 5,
  request: {
    groups: array(string()),
    includeAuthorizedOperations: bool({ since: 3 }),
  },
  response: {
    throttleTimeMs: int32({ since: 1, default: 0 }),
    groups: array({
      errorCode: int16(),
      errorMessage: string({ since: 6, nullable: 6, default: null }),
      groupId: string(),
      groupState: string(),
      protocolType: string(),
      protocolData: string(),
      members: array({
        memberId: string(),
        groupInstanceId: string({ since: 4, nullable: 4, default: null }),
        clientId: string(),
        clientHost: string(),
        memberMetadata: bytes(),
        memberAssignment: bytes(),
      }),
      authorizedOperations: int32({ since: 3, default: -2147483648 }),
    }),
  },
  handle(request, { services, version }) {
    const operations = request.includeAuthorizedOperations ? GROUP_OPERATIONS : NOT_ASKED;
    return {
      groups: request.groups.map((groupId) => {
        const group = services.groups.classic(groupId);
        if (group !== undefined) return { ...describe(group), authorizedOperations: operations };
        const errorCode = version >= 6 ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.NONE;
        return { ...unknown(groupId, errorCode), errorMessage: `Group ${groupId} not found.` };
      }),
    };
  },
  refuse: (request, errorCode) => ({ groups: request.groups.map((groupId) => unknown(groupId, errorCode)) }),
});

const unknown = (groupId: string, errorCode: number) => ({
  errorCode,
  groupId,
  groupState: 'Dead',
  protocolType: '',
  protocolData: '',
  members: [],
});

const describe = (group: ClassicGroup) => ({
  errorCode: ErrorCode.NONE,
  groupId: group.groupId,
  groupState: group.phase,
  protocolType: group.protocolType,
  protocolData: group.phase === 'Stable' ? (group.protocol ?? '') : '',
  members: [...group.members.values()].map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.instanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    memberMetadata: member.metadataFor(group.protocol),
    memberAssignment: member.assignment,
  })),
});
