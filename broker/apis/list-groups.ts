/** Which groups there are, if wanted only those in certain states or of certain types. */
import { ErrorCode } from '../errors.ts';
import { array, int16, int32, string } from '../protocol/fields.ts';
import { defineApi } from '../protocol/api.ts';

export const listGroups = defineApi({
  key: 16,
  name: 'ListGroups',
  versions: [0, 5],
  flexibleSince: 3,
  request: {
    statesFilter: array(string(), { since: 4 }),
    typesFilter: array(string(), { since: 5 }),
  },
  response: {
    throttleTimeMs: int32({ since: 1, default: 0 }),
    errorCode: int16(),
    groups: array({
      groupId: string(),
      protocolType: string(),
      groupState: string({ since: 4 }),
      groupType: string({ since: 5 }),
    }),
  },
  handle(request, { services }) {
    const groups = services.groups
      .all()
      .filter((group) => has(request.statesFilter, group.phase) && has(request.typesFilter, group.kind))
      .map((group) => ({
        groupId: group.groupId,
        protocolType: group.protocolType,
        groupState: group.phase,
        groupType: group.kind,
      }));
    return { errorCode: ErrorCode.NONE, groups };
  },
  refuse: (_request, errorCode) => ({ errorCode, groups: [] }),
});

const has = (filter: readonly string[], value: string): boolean =>
  filter.length === 0 || filter.some((one) => one.toLowerCase() === value.toLowerCase());
