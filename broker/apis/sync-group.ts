/** The leader hands in the assignment, the others wait for theirs. */
import { ErrorCode } from '../errors.ts';
import { syncError } from '../groups/member.ts';
import { array, bytes, int16, int32, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const syncGroup = defineApi({
  key: 14,
  name: 'SyncGroup',
  versions: [0, 5],
  flexibleSince: 4,
  request: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: string({ since: 3, nullable: 3, default: null }),
    protocolType: string({ since: 5, nullable: 5, default: null }),
    protocolName: string({ since: 5, nullable: 5, default: null }),
    assignments: array({
      memberId: string(),
      assignment: bytes(),
    }),
  },
  response: {
    throttleTimeMs: int32({ since: 1, default: 0 }),
    errorCode: int16(),
    protocolType: string({ since: 5, nullable: 5, default: null }),
    protocolName: string({ since: 5, nullable: 5, default: null }),
    assignment: bytes(),
  },
  handle(request, { services, version }) {
    const { groupId, protocolType, protocolName } = request;
    if (version >= 5 && (protocolType === null || protocolName === null))
      return syncError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    if (groupId === '') return syncError(ErrorCode.INVALID_GROUP_ID);
    const group = services.groups.find(groupId);
    if (group === undefined) return syncError(ErrorCode.UNKNOWN_MEMBER_ID);
    return group.sync({ ...request, instanceId: request.groupInstanceId });
  },
  refuse: (_request, errorCode) => syncError(errorCode),
});
