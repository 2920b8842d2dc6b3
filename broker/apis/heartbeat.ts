/** A member says that it is alive, and hears whether the group is about to gather again. */
import { ErrorCode } from '../errors.ts';
import { defineApi } from '../protocol/api.ts';
import { int16, int32, string } from '../protocol/fields.ts';

export const heartbeat = defineApi({
  key: 12,
  name: 'Heartbeat',
  versions: [0, 4],
  flexibleSince: 4,
  request: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: string({ since: 3, nullable: 3, default: null }),
  },
  response: {
    throttleTimeMs: int32({ since: 1, default: 0 }),
    errorCode: int16(),
  },
  handle({ groupId, memberId, groupInstanceId, generationId }, { services }) {
    if (groupId === '') return { errorCode: ErrorCode.INVALID_GROUP_ID };
    const group = services.groups.find(groupId);
    return { errorCode: group?.heartbeat(memberId, groupInstanceId, generationId) ?? ErrorCode.UNKNOWN_MEMBER_ID };
  },
  refuse: (_request, errorCode) => ({ errorCode }),
});
