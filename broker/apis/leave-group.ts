/** Members leave their group: one in old versions, a list in new ones. */
import { ErrorCode } from '../errors.ts';
import { array, int16, int32, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const leaveGroup = defineApi({
  key: 13,
  name: 'LeaveGroup',
  versions: [0, 5],
  flexibleSince: 4,
  request: {
    groupId: string(),
    memberId: string({ until: 2 }),
    members: array(
      {
        memberId: string(),
        groupInstanceId: string({ nullable: 3, default: null }),
        reason: string({ since: 5, nullable: 5, default: null }),
      },
      { since: 3 },
    ),
  },
  response: {
    throttleTimeMs: int32({ since: 1, default: 0 }),
    errorCode: int16(),
    members: array(
      {
        memberId: string(),
        groupInstanceId: string({ nullable: 3 }),
        errorCode: int16(),
      },
      { since: 3 },
    ),
  },
  handle(request, { services, version }) {
    if (request.groupId === '') return { errorCode: ErrorCode.INVALID_GROUP_ID, members: [] };
    const leave = (memberId: string, instanceId: string | null): number =>
      // Anew for each: with its last member of the new protocol a group becomes another one.
      services.groups.find(request.groupId)?.leave(memberId, instanceId) ?? ErrorCode.UNKNOWN_MEMBER_ID;
    if (version < 3) return { errorCode: leave(request.memberId, null), members: [] };
    const members = request.members.map(({ memberId, groupInstanceId }) => ({
      memberId,
      groupInstanceId,
      errorCode: leave(memberId, groupInstanceId),
    }));
    return { errorCode: ErrorCode.NONE, members };
  },
  refuse: (_request, errorCode) => ({ errorCode, members: [] }),
});
