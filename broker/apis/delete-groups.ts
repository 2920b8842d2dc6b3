/** Deletes groups without members, with their offsets. */
import { ErrorCode } from '../errors.ts';
import { array, int16, int32, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const deleteGroups = defineApi({
  key: 42,
  name: 'DeleteGroups',
  versions: [0, 2],
  flexibleSince: 2,
  request: {
    groupsNames: array(string()),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    results: array({
      groupId: string(),
      errorCode: int16(),
    }),
  },
  handle: (request, { services }) => ({
    results: request.groupsNames.map((groupId) => ({ groupId, errorCode: services.groups.delete(groupId) })),
  }),
  diskRefused: ErrorCode.COORDINATOR_NOT_AVAILABLE,
  refuse: (request, errorCode) => ({ results: request.groupsNames.map((groupId) => ({ groupId, errorCode })) }),
});
